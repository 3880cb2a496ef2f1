# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""clang-tidy over the core, the pure code, the tool and the Windows driver, with what .clang-tidy asks for. Takes minutes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from structure import sources, tidy
from windows import products

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tidy")]

FOLDERS = ("base/", "arch/", "control/", "check/", "cpu/", "core/")


@pytest.fixture(scope="module", autouse=True)
def tools():
    for tool in (tidy.TOOL, tidy.COMPILER):
        if shutil.which(tool) is None:
            pytest.fail(f"{tool} is not installed")


@pytest.fixture(scope="module")
def build() -> Path:
    """Where nothing is built, but it's known how each source is compiled by itself: elsewhere some are compiled together."""
    build = sources.ROOT / "build" / "apart"
    done = subprocess.run(["cmake", "--preset", "gcc", "-B", build, "-DNADIR_TOGETHER=OFF"], cwd=sources.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return build


def test_the_code_without_libraries(build, tmp_path):
    compiled = tidy.compiled_in(build, FOLDERS)
    assert len(compiled) > 100, f"only {len(compiled)} files in the compilation database"
    found = tidy.problems(tmp_path, compiled)
    assert not found, sources.report(found)


def test_the_command(build, tmp_path):
    compiled = tidy.compiled_in(build, ("tool/",), tidy.NOT_INTO_TEMPLATES)
    assert len(compiled) > 100, f"only {len(compiled)} files in the compilation database"
    found = tidy.problems(tmp_path, compiled, most=tidy.MANY)
    assert not found, sources.report(found)


def test_the_windows_driver(tmp_path):
    compiled = tidy.compiled_in(products.build("windows"), ("hosts/windows/",))
    assert len(compiled) > 10, f"only {len(compiled)} files in the compilation database"
    # With our own headers before the C library's, that check takes each second line of a list of includes for a duplicate.
    found = tidy.problems(tmp_path, compiled, without="-readability-duplicate-include")
    assert not found, sources.report(found)


def test_the_command_for_windows(tmp_path):
    # Clang doesn't find the C++ library of mingw's GCC by itself.
    headers = subprocess.run(["x86_64-w64-mingw32-g++-posix", "-print-file-name=include/c++"], capture_output=True, text=True,
                             check=True).stdout.strip()
    compiled = tidy.compiled_in(products.build("mingw", "nadir_tool"), ("tool/windows/",),
                                ("--target=x86_64-w64-mingw32", "-isystem", headers, "-isystem", f"{headers}/x86_64-w64-mingw32",
                                 *tidy.NOT_INTO_TEMPLATES))
    assert len(compiled) > 5, f"only {len(compiled)} files in the compilation database"
    found = tidy.problems(tmp_path, compiled)
    assert not found, sources.report(found)


def sample(folder: Path, *arguments: str, **texts: str) -> list[tidy.Compiled]:
    made = []
    for name, text in texts.items():
        (folder / f"{name}.cpp").write_text(text + "\n")
        made.append(tidy.Compiled(folder / f"{name}.cpp", str(folder), ("g++", "-std=c++20", *arguments)))
    return made


@pytest.mark.parametrize("text, check", [
    ("int f(int* p) { if (p == 0) { return *p; } return 0; }", "clang-analyzer-core.NullDereference"),
    ("int f(int x) { if (x) return 1; return 2; }", "readability-braces-around-statements"),
    ("struct A { virtual ~A(); virtual int f(); }; struct B : A { virtual int f(); };", "modernize-use-override"),
    ("#include <string>\nint f(std::string s) { return static_cast<int>(s.size()); }", "performance-unnecessary-value-param"),
    ("#include <cstring>\nbool f(const char* a, const char* b) { return strcmp(a, b) == 1 || strcmp(a, b); }", "bugprone-"),
    ("#include <vector>\nusing std::vector;\nint f(int x) { return x; }", "misc-unused-using-decls"),
    ("static int f(int x) { return x; }\nint g(int x) { return f(x); }", "misc-use-anonymous-namespace"),
    ("#include <string>\n#include <string>\nint f(const std::string& s) { return s.empty() ? 1 : 2; }", "readability-duplicate-include"),
])
def test_a_violation_is_found(tmp_path, text, check):
    # Among others, in one batch.
    compiled = sample(tmp_path, a="#include <string>\nint before(int x) { return x; }", b=text, c="int behind(int x) { return x; }")
    found = tidy.problems(tmp_path / "batches", compiled, tmp_path)
    assert any(f"{tmp_path}/b.cpp:" in line and check in line for line in found), found
    assert len(found) == sum(f"{tmp_path}/b.cpp:" in line for line in found), found


def test_the_analyzer_looks_through_our_functions_where_it_leaves_templates_alone(tmp_path):
    text = "namespace { int value_at(const int* p) { return *p; } }\nint f(bool b) { const int x = 1; return value_at(b ? &x : nullptr); }"
    found = tidy.problems(tmp_path / "batches", sample(tmp_path, *tidy.NOT_INTO_TEMPLATES, a=text), tmp_path)
    assert len(found) == 1 and "clang-analyzer-core.NullDereference" in found[0], found


def test_files_that_do_not_go_together_are_looked_at_all_the_same(tmp_path):
    wrong = "namespace { int same(int x) { if (x) return 1; return 2; } }\n"
    compiled = sample(tmp_path, a=wrong + "int a(int x) { return same(x); }", b=wrong + "int b(int x) { return same(x); }")
    found = tidy.problems(tmp_path / "batches", compiled, tmp_path)
    assert [line.split(":")[0] for line in found] == [f"{tmp_path}/a.cpp", f"{tmp_path}/b.cpp"], found


def test_a_header_that_does_not_go_with_a_file_before(tmp_path):
    (tmp_path / "b.h").write_text("inline constexpr int names[] = {1};\ninline int first() { return names[0]; }\n")
    wrong = "int b(int x) { if (x) return first(); return 2; }"
    compiled = sample(tmp_path, a="namespace { int names() { return 1; } }\nint a() { return names(); }",
                      b=f'#include "{tmp_path}/b.h"\n{wrong}')
    found = tidy.problems(tmp_path / "batches", compiled, tmp_path)
    assert [line.split(":")[0] for line in found] == [f"{tmp_path}/b.cpp"], found


def test_what_does_not_compile_is_reported(tmp_path):
    found = tidy.problems(tmp_path / "batches", sample(tmp_path, a="int a(int x) { return y; }", b="int b(int x) { return x; }"), tmp_path)
    assert any("undeclared identifier" in line for line in found), found
