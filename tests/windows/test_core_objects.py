# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The core as the driver has it: the same rules as for the other hosts' (tests/structure), on COFF objects."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import pytest

from structure import objects, sources
from windows import products

FOLDER = "hosts/windows/core/CMakeFiles/nadir_windows_core.dir"
CORE_SECTIONS = {".core$m", ".cdata$m"}
# What isn't mapped with the image, or says something about it.
ASIDE = {".xdata", ".pdata", ".gfids$y", ".giats$y", ".gljmp$y"}
WRITABLE, UNINITIALISED, DISCARDABLE, NOT_LINKED = 0x80000000, 0x80, 0x02000000, 0x800


def _objects(folder: Path) -> list[tuple[Path, Path]]:
    found = []
    for path in sorted(folder.rglob("*.obj")):
        # CMake names a source outside of its folder with "__" for "..".
        source = Path(*(part for part in path.relative_to(folder).parts if part != "__")).with_suffix("")
        if (sources.ROOT / source).is_file():
            found.append((source, path))
    return found


@pytest.fixture(scope="module")
def core() -> list[tuple[Path, Path]]:
    return _objects(products.build("windows") / FOLDER)


def section_problems(found: list[tuple[Path, Path]]) -> list[str]:
    problems = []
    for source, path in found:
        data = path.read_bytes()
        count = struct.unpack_from("<H", data, 2)[0]
        for at in range(20, 20 + 40 * count, 40):
            name = data[at:at + 8].rstrip(b"\0").decode()
            size, flags = struct.unpack_from("<I", data, at + 16)[0], struct.unpack_from("<I", data, at + 36)[0]
            if size == 0 or name in CORE_SECTIONS | ASIDE or flags & (DISCARDABLE | NOT_LINKED):
                continue
            kind = "writable bytes" if flags & (WRITABLE | UNINITIALISED) else "bytes outside of the core's sections,"
            problems.append(f"{source}: {size} {kind} in {name}")
    return problems


def test_every_source_of_the_core_has_an_object(core):
    wanted = {path for pattern in ("base/*.cpp", "control/*.cpp", "check/*.cpp", "core/**/*.cpp", "cpu/*.S")
              for path in (file.relative_to(sources.ROOT) for file in sources.ROOT.glob(pattern))
              if path.parts[:3] != ("core", "extensions", "runtime")}  # there are no extensions
    assert {source for source, _ in core} == wanted


def test_all_of_it_is_in_sections_of_its_own_and_nothing_is_writable(core):
    found = section_problems(core)
    assert not found, sources.report(found)


def test_it_calls_the_seam_and_the_rules_of_vm_entry_alone(core):
    found = [line for line in objects.symbol_problems(core) if not line.endswith((" .data", " .bss"))]
    # The sections that COFF objects have in any case; and those parts of the core that may ask the rules.
    rules = [line for line in found if line.split(":")[0] in objects.ASK_THE_RULES and "@check@nadir@@" in line]
    assert 0 < len(rules) < 10 and found == rules, sources.report(found)


def test_it_uses_no_vector_register_and_no_pointer_of_control_flow_guard(core):
    found = objects.code_problems(core)
    assert not found, sources.report(found)


def _compile(folder: Path, text: str, *flags: str) -> list[tuple[Path, Path]]:
    source, result = folder / "a.cpp", folder / "a.obj"
    source.write_text(text)
    subprocess.run(["clang++-16", "--target=x86_64-pc-windows-msvc", "-std=c++20", "-O2", "-mno-sse", *flags, "-c", "-o", result, source],
                   check=True, timeout=60)
    subprocess.run(["/usr/bin/python3", sources.ROOT / "cmake" / "core_sections.py", result], check=True, timeout=60)
    return [(Path("core/a.cpp"), result)]


@pytest.mark.parametrize("check, text, flags, word", [
    (section_problems, "int counter = 5; int f() { return ++counter; }", [], "4 writable bytes in .data"),
    (section_problems, "static int counter; int f() { return ++counter; }", [], "writable bytes in .bss"),
    (section_problems, '__attribute__((section("PAGE"))) int f() { return 1; }', [], "outside of the core's sections, in PAGE"),
    (objects.code_problems, "int f(int (*g)()) { return g() + 1; }", ["-Xclang", "-cfguard"], "indirect call"),
    (objects.symbol_problems, "void g(char*); void f() { char text[64]; g(text); }", ["-fstack-protector-strong"],
     "undefined symbol __security_cookie"),
    (objects.symbol_problems, 'extern "C" __declspec(dllimport) void KeBugCheck(); void f() { KeBugCheck(); }', [],
     "undefined symbol __imp_KeBugCheck"),
])
def test_a_violation_is_found(tmp_path, check, text, flags, word):
    found = check(_compile(tmp_path, text, *flags))
    assert any(word in line for line in found), found
