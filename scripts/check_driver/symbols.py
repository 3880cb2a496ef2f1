# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Names of functions: from the symbol file, by llvm-pdbutil, or from the symbol table that GNU's linker leaves in the image."""

from __future__ import annotations

import re
import struct
import subprocess
from bisect import bisect_right
from functools import cache
from pathlib import Path
from weakref import WeakKeyDictionary

from .code import llvm
from .image import Driver

EXTERNAL, FUNCTION = 2, 0x20
PUBLIC = re.compile(r"S_PUB32 \[size = \d+\] `([^`]+)`\s+flags = (\S.*), addr = (\d+):(\d+)")


class Symbols:
    """Public symbols. Where there are none, places are named by number."""

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


_of_driver: WeakKeyDictionary[Driver, Symbols] = WeakKeyDictionary()


def symbols_of(driver: Driver) -> Symbols:
    if driver not in _of_driver:
        _of_driver[driver] = _read(driver)
    return _of_driver[driver]


def _read(driver: Driver) -> Symbols:
    if driver.pe.FILE_HEADER.PointerToSymbolTable:
        return _coff_symbols(driver)
    if not driver.pdb.exists():
        return Symbols({}, {})
    functions, labels = {}, {}
    for name, flags, section, offset in PUBLIC.findall(dump(driver.pdb, "publics")):
        if 0 < int(section) <= len(driver.sections):
            kind = functions if "function" in flags else labels
            kind[driver.sections[int(section) - 1].begin + int(offset)] = name
    return Symbols(functions, labels)


def _coff_symbols(driver: Driver) -> Symbols:
    """[PE Format, "COFF Symbol Table"]; a GNU linker's own symbols of sections (local, named like them) are left out."""
    first, count = driver.pe.FILE_HEADER.PointerToSymbolTable, driver.pe.FILE_HEADER.NumberOfSymbols
    strings = first + 18 * count
    functions, labels = {}, {}
    index = 0
    while index < count:
        name, value, section, kind, storage, more = struct.unpack_from("<8sIhHBB", driver.data, first + 18 * index)
        index += 1 + more
        if name[:4] == bytes(4):
            begin = strings + int.from_bytes(name[4:], "little")
            name = driver.data[begin:driver.data.index(0, begin)]
        text = name.rstrip(b"\0").decode("ascii", "replace")
        if 0 < section <= len(driver.sections) and storage == EXTERNAL:
            (functions if kind == FUNCTION else labels)[driver.sections[section - 1].begin + value] = text
    return Symbols(functions, labels)


def identity(pdb: Path) -> tuple[str, int]:
    """GUID, in capitals and without braces, and age."""
    text = dump(pdb, "summary")
    guid, age = re.search(r"GUID: \{([0-9A-Fa-f-]+)\}", text), re.search(r"Age: (\d+)", text)
    return (guid[1].upper() if guid else "", int(age[1]) if age else 0)
