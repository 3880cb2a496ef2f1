# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""clang-tidy over the core, the pure code, the tool and the Windows driver, with what .clang-tidy asks for. Takes minutes."""

from __future__ import annotations

import concurrent.futures
import json
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from structure import sources
from windows import products

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("tidy")]

TOOL = "clang-tidy-16"
FOLDERS = ("base/", "arch/", "control/", "check/", "cpu/", "core/", "tool/")
# With the first Clang can't parse libstdc++'s headers (long double); warnings of the compiler are the compiler's to report.
DROP = {"-mgeneral-regs-only", "-Werror"}
PARTS = 8


def database(build: Path, folder: Path, within: tuple[str, ...] = FOLDERS) -> list[Path]:
    """Writes a compilation database of our files into `folder`; each file once, as it was compiled first."""
    entries: dict[str, dict] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if not path.is_relative_to(sources.ROOT) or path.suffix != ".cpp" or not path.is_file():
            continue
        if not str(path.relative_to(sources.ROOT)).startswith(within) or entry["file"] in entries:
            continue
        arguments = [word for word in shlex.split(entry["command"]) if word not in DROP]
        entries[entry["file"]] = {"directory": entry["directory"], "file": entry["file"], "arguments": arguments}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(list(entries.values())))
    return sorted(map(Path, entries))


def problems(folder: Path, files: list[Path], within: tuple[str, ...] = FOLDERS, without: str = "") -> list[str]:
    # From the root of the tree on: a folder above it may have the name of one of ours.
    headers = f"^{sources.ROOT}/({'|'.join(within)}).*\\.(h|inc)$"
    done = subprocess.run([TOOL, "--quiet", f"--config-file={sources.ROOT / '.clang-tidy'}", f"--header-filter={headers}", "-p", folder,
                           f"--checks={without}", "--extra-arg=-Wno-unknown-warning-option", *files],
                          capture_output=True, text=True, timeout=900)
    found = sorted({line for line in done.stdout.splitlines() if re.search(r": (warning|error): ", line)})
    if done.returncode != 0 and not found:
        found = [done.stderr[-2000:]]
    return found


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> tuple[Path, list[Path]]:
    if shutil.which(TOOL) is None:
        pytest.fail(f"{TOOL} is not installed")
    folder = tmp_path_factory.mktemp("tidy")
    build = Path(os.environ.get("NADIR_BUILD", sources.ROOT / "build" / "gcc"))
    return folder, database(build, folder)


def test_our_code(compiled):
    folder, files = compiled
    assert len(files) > 40, f"only {len(files)} files in the compilation database"
    parts = [files[i::PARTS] for i in range(PARTS)]
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        found = sorted({line for part in pool.map(lambda some: problems(folder, some), parts) for line in part})
    assert not found, sources.report(found)


def test_the_windows_driver(tmp_path):
    within = ("hosts/windows/",)
    files = database(products.build("windows"), tmp_path, within)
    assert len(files) > 10, f"only {len(files)} files in the compilation database"
    # With our own headers before the C library's, that check takes each second line of a list of includes for a duplicate.
    found = problems(tmp_path, files, FOLDERS + within, "-readability-duplicate-include")
    assert not found, sources.report(found)


def test_the_command_for_windows(tmp_path):
    files = database(products.build("mingw", "nadir_tool"), tmp_path, ("tool/windows/",))
    assert len(files) > 5, f"only {len(files)} files in the compilation database"
    # Clang doesn't find the C++ library of mingw's GCC by itself.
    headers = subprocess.run(["x86_64-w64-mingw32-g++-posix", "-print-file-name=include/c++"], capture_output=True, text=True,
                             check=True).stdout.strip()
    path = tmp_path / "compile_commands.json"
    entries = json.loads(path.read_text())
    for entry in entries:
        entry["arguments"] += ["-isystem", headers, "-isystem", f"{headers}/x86_64-w64-mingw32"]
    path.write_text(json.dumps(entries))
    found = problems(tmp_path, files)
    assert not found, sources.report(found)


@pytest.mark.parametrize("text, check", [
    ("int f(int* p) { if (p == 0) { return *p; } return 0; }", "clang-analyzer-core.NullDereference"),
    ("int f(int x) { if (x) return 1; return 2; }", "readability-braces-around-statements"),
    ("struct A { virtual ~A(); virtual int f(); }; struct B : A { virtual int f(); };", "modernize-use-override"),
    ("#include <string>\nint f(std::string s) { return static_cast<int>(s.size()); }", "performance-unnecessary-value-param"),
    ("#include <cstring>\nbool f(const char* a, const char* b) { return strcmp(a, b) == 1 || strcmp(a, b); }", "bugprone-"),
])
def test_a_violation_is_found(tmp_path, text, check):
    source = tmp_path / "a.cpp"
    source.write_text(text + "\n")
    (tmp_path / "compile_commands.json").write_text(json.dumps(
        [{"directory": str(tmp_path), "file": str(source), "arguments": ["g++", "-std=c++20", "-c", str(source)]}]))
    found = problems(tmp_path, [source])
    assert any(check in line for line in found), found
