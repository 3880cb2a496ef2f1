# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""cmake/core_sections.py: which sections of an object become the core's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from emulator.places import ROOT

SCRIPT = ROOT / "cmake" / "core_sections.py"
CLANG = ["clang++-16", "--target=x86_64-pc-windows-msvc", "-c", "-O1", "-x"]
SOURCE = """
inline int twice(int x) { volatile int y = x; return y * 2; }
int (*pointer())(int) { return twice; }
extern const int table[3]; const int table[3] = {1, 2, 3};
const char* word() { return "a string of its own"; }
int writable = 1;
"""


def _rename(path: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPT, path], capture_output=True, text=True, timeout=60)


def _sections(path: Path) -> list[str]:
    text = subprocess.run(["llvm-readobj-16", "--sections", path], capture_output=True, text=True, check=True, timeout=60).stdout
    return [line.split()[1] for line in text.splitlines() if line.strip().startswith("Name:")]


def test_code_constants_inline_functions_and_strings_move(tmp_path):
    source, result = tmp_path / "a.cpp", tmp_path / "a.obj"
    source.write_text(SOURCE)
    subprocess.run([*CLANG, "c++", "-o", result, source], check=True, timeout=60)
    before = _sections(result)
    assert before.count(".text") == 2 and before.count(".rdata") == 2, before  # one of each is shared with other objects
    assert _rename(result).returncode == 0
    after = _sections(result)
    assert after.count(".core$m") == 2 and after.count(".cdata$m") == 2, after
    assert not {".text", ".rdata"} & set(after) and {".data", ".pdata", ".xdata"} <= set(after), after
    contents = result.read_bytes()
    assert _rename(result).returncode == 0 and result.read_bytes() == contents  # once more changes nothing


def test_long_names_move_too(tmp_path):
    """GCC's: .text$_Z5twicei stands in the table of strings."""
    source, result = tmp_path / "a.s", tmp_path / "a.obj"
    source.write_text('.section .text$a_long_name,"xr"\nret\n.section .textual,"xr"\nret\n')
    subprocess.run([*CLANG, "assembler", "-o", result, source], check=True, timeout=60)
    assert _rename(result).returncode == 0
    assert ".core$m" in _sections(result) and ".textual" in _sections(result)


@pytest.mark.parametrize("contents", [b"", b"\x7fELF" + b"\0" * 60, b"\x64\x86\x05\0" + b"\0" * 20])
def test_what_is_no_object_is_refused(tmp_path, contents):
    path = tmp_path / "a.obj"
    path.write_bytes(contents)
    done = _rename(path)
    assert done.returncode != 0 and "a.obj" in done.stderr, done.stderr
    assert path.read_bytes() == contents
