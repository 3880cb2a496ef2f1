# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Imports, each of which the list hosts/windows/imports.json has with the Windows version that brought it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Iterator

from .image import DISCARDABLE, EXECUTE, WRITE, Driver
from .rule import Build, Rule

LIST = Path(__file__).resolve().parents[2] / "hosts" / "windows" / "imports.json"
OLDEST = "10 1803"  # the oldest Windows that the driver is for


@cache
def allowed(path: Path = LIST) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def list_problems(known: dict) -> Iterator[str]:
    """The list itself: no function newer than the oldest Windows, an answer for each that memory integrity is wary of."""
    order = known["versions"]
    for name, entry in known["functions"].items():
        if entry["since"] not in order:
            yield f"{name}: the version {entry['since']} is not one of {', '.join(order)}"
        elif order.index(entry["since"]) > order.index(OLDEST):
            yield f"{name} came with Windows {entry['since']}, and the driver is for {OLDEST} on"
        if name in known["memory_integrity"]["wary_of"] and not entry.get("memory_integrity"):
            yield f"{name} is on Microsoft's list of what memory integrity may refuse, and nothing says why our use is right"
        for key in ("irql", "page"):
            if not entry.get(key):
                yield f"{name}: no {key}"


def functions(driver: Driver) -> Iterator[str]:
    known = allowed()
    yield from list_problems(known)
    for found in driver.imports:
        dll = found.dll.lower()
        if found.name is None:
            yield f"{found.dll} exports number {found.ordinal} under different names, if at all: import by name"
            continue
        entry = known["functions"].get(found.name)
        if entry is None:
            yield f"{found.dll}!{found.name} is not in the list of what may be imported"
        elif dll != entry.get("from", "ntoskrnl.exe"):
            yield f"{found.name} is imported from {found.dll}, and exported by {entry.get('from', 'ntoskrnl.exe')}"
    if not driver.imports:
        yield "nothing is imported: the linker lost the import library"


def table(driver: Driver) -> Iterator[str]:
    rva, size = driver.directory("import address table")
    for found in driver.imports:
        section = driver.section_at(found.slot)
        if section is None or section.has(EXECUTE) or section.has(DISCARDABLE):
            yield f"the import {found.name} has its entry at {driver.place(found.slot)}: executable, discardable, or nowhere"
        elif size and not rva <= found.slot < rva + size:
            yield f"the import {found.name} has its entry at {driver.place(found.slot)}, outside of the import address table"
    if driver.imports and not size:
        yield "the header does not say where the import address table is"


def read_only(driver: Driver) -> Iterator[str]:
    for section in {driver.section_at(found.slot) for found in driver.imports}:
        if section is not None and section.has(WRITE):
            yield f"the import address table is in {section}, which is writable"


RULES = [
    Rule("imports", "Only functions that each Windows from " + OLDEST + " on exports, and that memory integrity allows.",
         "Use another function, or add it to hosts/windows/imports.json with the version that brought it; what is newer is "
         "looked up by MmGetSystemRoutineAddress.", functions),
    Rule("import-table", "The import address table is data, where the header says, for as long as the driver is loaded.",
         "Link with lld-link's default /merge; leave .idata where it goes.", table),
    Rule("import-table-read-only", "Nobody can redirect an import.", "Link with lld-link's default /merge (.idata goes to .rdata).", read_only,
         Build.MICROSOFT),
]
