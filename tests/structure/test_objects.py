# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The objects of the core as it runs beneath a system (CMake target nadir_core_kernel), of each compiler that built it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from emulator import product
from structure import objects, sources

BUILDS = {Path(os.environ.get("NADIR_BUILD", sources.ROOT / "build" / "gcc")), sources.ROOT / "build" / "clang"}


@pytest.fixture(params=sorted(BUILDS), ids=lambda path: path.name)
def core(request) -> list[tuple[Path, Path]]:
    found = objects.objects_of(request.param)
    if not found:
        if request.param.name == "clang":
            pytest.skip("not built with Clang (cmake --preset clang && cmake --build --preset clang)")
        pytest.fail(f"no objects of {objects.TARGET} in {request.param}")
    return found


def test_every_source_of_the_core_has_an_object(core):
    have = {source for source, _ in core}
    want = {path for path in sources.code_files() if path.suffix in {".cpp", ".S"}
            and path.parts[0] in {"base", "control", "check", "cpu", "core"}
            and path.parts[:3] != ("core", "extensions", "runtime")}
    assert not want - have, f"build first: {sorted(map(str, want - have))}"


def test_extensions_and_what_calls_them(core):
    build = core[0][1]
    while build.name != "CMakeFiles":
        build = build.parent
    found = objects.objects_with_extensions(build.parent)
    if not found:
        pytest.skip(f"not built in {build.parent}: examples_elf")
    assert sum(source.parts[0] == "examples" for source, _ in found) >= 4
    problems = [*objects.symbol_problems(core + found), *objects.section_problems(found), *objects.code_problems(found)]
    assert not problems, sources.report(problems)


def test_without_extensions_nothing_of_them_is_there(core):
    """The exit path has no symbol of theirs."""
    exit_path = {"core/exit_loop.cpp", "core/exits/exception.cpp", "core/plan/plan.cpp", "core/events/optional_exits.cpp",
                 "core/views/breakpoint.cpp", "core/root/fault_report.cpp"}
    names = [name for source, path in core if str(source) in exit_path
             for name in subprocess.run(["nm", "-P", path], capture_output=True, text=True, check=True).stdout.splitlines()]
    assert len(names) > 100 and not [name for name in names if "extension" in name]


def test_symbols(core):
    found = objects.symbol_problems(core)
    assert not found, sources.report(found)


def test_sections(core):
    found = objects.section_problems(core)
    assert not found, sources.report(found)


def test_code(core):
    found = objects.code_problems(core)
    assert not found, sources.report(found)


@pytest.mark.slow
def test_root_mode_does_without_what_only_the_system_runs(core):
    found = objects.callers_of_system(core)
    assert not found, sources.report(found)
    weak = objects.weak_symbols(core)
    assert weak, "the core has inline functions: this test looks at nothing"
    image = core[0][1]
    while image.name != "CMakeFiles":
        image = image.parent
    system = objects.system_symbols(core)
    assert len(system) > 50
    assert objects.misplaced_in_image(image.parent / "hosts/bare/nadir64.elf", weak, system) == []
    assert objects.misplaced_in_module(product.module(), weak) == []


# --- The checks find what they are to find.

PLAIN = ["-O2", "-ffreestanding", "-fno-exceptions", "-fno-pic", "-mgeneral-regs-only", "-fcf-protection=none", "-mno-red-zone"]
CHECKS = {"symbols": objects.symbol_problems, "sections": objects.section_problems, "code": objects.code_problems}


def _compile(folder: Path, text: str, flags: list[str]) -> list[tuple[Path, Path]]:
    source, result = folder / "a.cpp", folder / "a.o"
    source.write_text(text)
    subprocess.run(["g++", "-std=c++20", "-c", "-o", result, source, *flags], check=True, timeout=60)
    return [(Path("a.cpp"), result)]


SWITCH = "int g(int); int f(int x) { switch (x) {" + "".join(
    f"case {i}: return g({i * i + 7}) + {i % 5};" for i in range(20)) + "} return 0; }"


@pytest.mark.parametrize("check, text, flags, word", [
    ("symbols", "extern \"C\" void printk(); void f() { printk(); }", PLAIN, "undefined symbol printk"),
    ("symbols", "int counter = 5; int f() { return ++counter; }", PLAIN, "writable data"),
    ("symbols", "static int counter; int f() { return ++counter; }", PLAIN, "writable data"),
    ("symbols", "int f(int (*g)()) { return g() + 1; }", [*PLAIN, "-mindirect-branch=thunk-extern"], "thunk"),
    ("symbols", "int f() { return 1; }", [*PLAIN, "-mfunction-return=thunk-extern"], "thunk"),
    ("symbols", "int f() { return 1; }", [*PLAIN, "-pg", "-mfentry"], "__fentry__"),
    ("symbols", "struct S { ~S(); }; S& f() { static S s; return s; }", PLAIN, "__cxa_"),
    ("sections", "int counter = 5; int f() { return ++counter; }", PLAIN, ".data"),
    ("sections", "int buffer[100]; int* f() { return buffer; }", PLAIN, ".bss"),
    ("sections", "int g(); int value = g();", PLAIN, ".init_array"),
    ("sections", "thread_local int value; int* f() { return &value; }", PLAIN, ".tbss"),
    ("code", "double f(double a, double b) { return a * b; }", ["-O2"], "%xmm"),
    ("code", "long double f(long double a) { return a * a; }", ["-O2"], "%st"),
    ("code", "void f(char* p) { asm volatile(\"fxsave (%0)\" : : \"r\"(p)); }", PLAIN, "fxsave"),
    ("code", SWITCH, PLAIN, "indirect jmp"),
    ("code", "int f(int (*g)()) { return g() + 1; }", PLAIN, "indirect call"),
])
def test_a_violation_is_found(tmp_path, check, text, flags, word):
    found = CHECKS[check](_compile(tmp_path, text, flags))
    assert any(word in line for line in found), found


def test_what_is_right_passes(tmp_path):
    good = _compile(tmp_path, "extern \"C\" void nadir_host_print(int); constexpr int t[] = {1, 2, 3};"
                              "int f(int x) { nadir_host_print(x); return t[x]; }", PLAIN)
    assert [problem for check in CHECKS.values() for problem in check(good)] == []
    call = _compile(tmp_path, "int f(int (*g)()) { return g() + 1; }", PLAIN)
    assert objects.code_problems(call, {"a.cpp": "wanted"}) == []
