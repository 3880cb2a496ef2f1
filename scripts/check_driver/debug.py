# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Reproducible, with symbols that can be found, and nothing of the machine that built it."""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Iterator
from uuid import UUID

from .image import Driver
from .symbols import identity
from .rule import Build, Rule

CODEVIEW, REPRO = 2, 16
SOURCE_ROOT = Path(__file__).resolve().parents[2]
# An absolute path of a file that a build has; Debian's own headers and libraries, below /usr, are the same everywhere.
BUILD_PATH = re.compile(rb"(?<![\w.)+-])/(?!usr/)[\w.+-]+(?:/[\w.+-]+)*\.(?:cpp|cc|h|hpp|c|S|s|o|obj|lib|a|pdb|sys|def)\b"
                        rb"|\b[A-Za-z]:\\[\w\\. +-]+\.(?:cpp|h|c|S|obj|lib|pdb|sys)\b")


def _entries(driver: Driver) -> list[tuple[int, int, bytes]]:
    """(type, time stamp, data) of the debug directory."""
    rva, size = driver.directory("debug")
    found = []
    for at in range(rva, rva + size - 27, 28):
        header = driver.bytes_at(at, 28)
        if len(header) == 28:
            _, stamp, _, _, kind, length, address, _ = struct.unpack("<IIHHIIII", header)
            found.append((kind, stamp, driver.bytes_at(address, length)))
    return found


def reproducible(driver: Driver) -> Iterator[str]:
    entries = _entries(driver)
    if not any(kind == REPRO for kind, _, _ in entries):
        yield "the debug directory does not say that the time stamps are hashes"
    stamps = {driver.pe.FILE_HEADER.TimeDateStamp, *(stamp for _, stamp, _ in entries)}
    if len(stamps) > 1 or 0 in stamps:
        yield f"the time stamps differ or are 0: {', '.join(f'{stamp:#x}' for stamp in sorted(stamps))}"


def no_time(driver: Driver) -> Iterator[str]:
    if driver.pe.FILE_HEADER.TimeDateStamp:
        yield f"the time stamp is {driver.pe.FILE_HEADER.TimeDateStamp:#x}"


def _references(driver: Driver) -> list[bytes]:
    """To symbol files."""
    return [data for kind, _, data in _entries(driver) if kind == CODEVIEW and data[:4] == b"RSDS"]


def symbols(driver: Driver) -> Iterator[str]:
    found = _references(driver)
    if len(found) != 1:
        yield f"there are {len(found)} references to a symbol file"
        return
    name = found[0][24:].split(b"\0")[0].decode("utf-8", "replace")
    if name != Path(re.split(r"[/\\]", name)[-1]).name:
        yield f"the symbol file is named with a folder: {name}"


def symbol_file(driver: Driver) -> Iterator[str]:
    for found in _references(driver)[:1]:
        guid, age = str(UUID(bytes_le=found[4:20])).upper(), int.from_bytes(found[20:24], "little")
        if (guid, age) != identity(driver.pdb):
            yield f"the symbol file {driver.pdb.name} has the GUID {identity(driver.pdb)[0]}, the driver wants {guid}"


def machine_paths(driver: Driver) -> Iterator[str]:
    for file in (driver.path, driver.pdb):
        if not file.exists():
            continue
        content = file.read_bytes()
        found = {match.decode("ascii", "replace") for match in BUILD_PATH.findall(content)}
        if str(SOURCE_ROOT).encode() + b"/" in content:
            found.add(str(SOURCE_ROOT))
        for path in sorted(found)[:5]:
            yield f"{file.name} has a path of the machine that built it: {path}"


RULES = [
    Rule("reproducible", "Time stamps are hashes of the contents, so that the same sources give the same file.", "Link with /Brepro.",
         reproducible, Build.MICROSOFT),
    Rule("time-stamp", "The file does not know when it was linked, so that the same sources give the same file.",
         "Link with -Wl,--no-insert-timestamp.", no_time, Build.GNU),
    Rule("symbols", "Debuggers are told the symbol file's name.", "Link with /debug /pdbaltpath:nadir.pdb.", symbols, Build.MICROSOFT),
    Rule("symbol-file", "The symbol file is this driver's.", "Keep the two files of one build together, or name the right one by --pdb.",
         symbol_file, Build.MICROSOFT, needs_pdb=True),
    Rule("paths", "No absolute path of the machine that built it.",
         "Compile with -ffile-prefix-map and -fdebug-compilation-dir, link with /pdbsourcepath.", machine_paths),
]
