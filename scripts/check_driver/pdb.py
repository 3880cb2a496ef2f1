# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the symbol file says, by llvm-pdbutil: names of functions, and which image it belongs to."""

from __future__ import annotations

import re
import subprocess
from bisect import bisect_right
from functools import cache
from pathlib import Path

from .code import llvm
from .image import Driver

PUBLIC = re.compile(r"S_PUB32 \[size = \d+\] `([^`]+)`\s+flags = (\S.*), addr = (\d+):(\d+)")


class Symbols:
    """Public symbols. Without a symbol file there are none, and places are named by number."""

    def __init__(self, functions: dict[int, str], labels: dict[int, str]) -> None:
        self.functions = functions
        self.labels = labels  # places in code that are no functions, by their assembly's own word
        self._begins = sorted(functions)

    def name_of(self, rva: int) -> str | None:
        """The function that begins here or before, in whatever it may lie."""
        index = bisect_right(self._begins, rva) - 1
        return self.functions[self._begins[index]] if index >= 0 else None


@cache
def _dump(pdb: Path, changed: int, what: str) -> str:
    del changed  # a file that was written again is another file
    return subprocess.run([llvm("llvm-pdbutil"), "dump", f"-{what}", pdb], check=True, capture_output=True, text=True, timeout=120).stdout


def dump(pdb: Path, what: str) -> str:
    return _dump(pdb, pdb.stat().st_mtime_ns, what)


def symbols_of(driver: Driver) -> Symbols:
    if not driver.pdb.exists():
        return Symbols({}, {})
    functions, labels = {}, {}
    for name, flags, section, offset in PUBLIC.findall(dump(driver.pdb, "publics")):
        if 0 < int(section) <= len(driver.sections):
            kind = functions if "function" in flags else labels
            kind[driver.sections[int(section) - 1].begin + int(offset)] = name
    return Symbols(functions, labels)


def identity(pdb: Path) -> tuple[str, int]:
    """GUID, in capitals and without braces, and age."""
    text = dump(pdb, "summary")
    guid, age = re.search(r"GUID: \{([0-9A-Fa-f-]+)\}", text), re.search(r"Age: (\d+)", text)
    return (guid[1].upper() if guid else "", int(age[1]) if age else 0)
