# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Base relocations: Windows loads a driver wherever it likes."""

from __future__ import annotations

from typing import Iterator

from .image import DISCARDABLE, EXECUTE, PAGE, Driver
from .rule import Rule

ABSOLUTE, DIR64 = 0, 10


def table(driver: Driver) -> Iterator[str]:
    rva, size = driver.directory("relocation")
    if not size:
        yield "there are no base relocations"
        return
    last_page, last_target, end = -1, -1, rva
    for at, page, length, entries in driver.relocation_blocks():
        if length < 8 or length % 4 or at + length > rva + size:
            yield f"the block at {at:#x} has a size of {length} bytes"
            return
        if page % PAGE or page <= last_page:
            yield f"the block at {at:#x} is for page {page:#x}, behind page {last_page:#x}"
        for kind, target in entries:
            if kind == ABSOLUTE:
                continue
            if kind != DIR64:
                yield f"the relocation of {driver.place(target)} has the type {kind}, not {DIR64} (DIR64)"
            elif target < last_target + 8:
                yield f"the relocation of {driver.place(target)} overlaps the one before it"
            elif driver.number(target, 8) is None:
                yield f"the relocation of {driver.place(target)} is outside of all sections"
            elif driver.pointer(target) is None:
                yield f"what is relocated at {driver.place(target)} is no address of the image: {driver.number(target, 8):#x}"
            last_target = target
        last_page, end = page, at + length
    if end != rva + size:
        yield f"the blocks end at {end:#x}, the directory at {rva + size:#x}"


def complete(driver: Driver) -> Iterator[str]:
    """The image base is no value that occurs by chance: what looks like a pointer into the image is one."""
    relocated = set(driver.relocated)
    for section in driver.sections:
        if section.has(EXECUTE) or section.has(DISCARDABLE):
            continue
        content = driver.bytes_at(section.begin, section.size)
        for at in range(0, len(content) - 7, 8):
            value = int.from_bytes(content[at:at + 8], "little") - driver.base
            if PAGE <= value < driver.size and section.begin + at not in relocated:
                yield f"the pointer at {driver.place(section.begin + at)} to {driver.place(value)} has no relocation"


RULES = [
    Rule("relocations", "The relocations are 64-bit ones, in order, each of an address that lies in the image.",
         "Link again; don't strip or edit .reloc.", table),
    Rule("relocated", "Every pointer in the image's data has a relocation.", "Don't link with /fixed.", complete),
]
