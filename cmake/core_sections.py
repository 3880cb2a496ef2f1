# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""core_sections.py OBJECT: gives the code and the constants of a COFF object sections of the core's own, in place.

Compilers have no option for that which reaches inline functions, string literals and assembly alike. A section's name is
eight bytes in a table: .text becomes .core$m, .rdata becomes .cdata$m (hosts/windows/image.S has what stands around).
"""

from __future__ import annotations

import re
import struct
import sys
from pathlib import Path

HEADER, SECTION, SYMBOL = 20, 40, 18
NAMES = ((re.compile(rb"\.text(\$.*)?"), b".core$m"), (re.compile(rb"\.rdata(\$.*)?"), b".cdata$m"))


def _name(data: bytearray, field: bytes, strings: int) -> bytes:
    if not field.startswith(b"/"):
        return field.rstrip(b"\0")
    start = strings + int(field[1:].rstrip(b"\0"))
    return bytes(data[start:data.index(0, start)])


def rename(data: bytearray) -> int:
    """Returns how many sections have the new names."""
    machine, sections, _, symbols, symbol_count, optional, _ = struct.unpack_from("<HHIIIHH", data)
    if machine != 0x8664 or optional:
        raise ValueError("not a COFF object for x86-64")
    strings = symbols + symbol_count * SYMBOL
    if len(data) < max(HEADER + sections * SECTION, strings):
        raise ValueError("cut short")
    renamed = 0
    for at in range(HEADER, HEADER + sections * SECTION, SECTION):
        name = _name(data, bytes(data[at:at + 8]), strings)
        for pattern, new in NAMES:
            if pattern.fullmatch(name):
                data[at:at + 8] = new.ljust(8, b"\0")
                renamed += 1
    return renamed


if __name__ == "__main__":
    path = Path(sys.argv[1])
    contents = bytearray(path.read_bytes())
    try:
        if rename(contents):
            path.write_bytes(contents)
    except (ValueError, struct.error) as error:
        sys.exit(f"core_sections.py: {path}: {error}")
