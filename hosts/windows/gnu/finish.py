# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""finish.py FILE: what GNU's linker can't say. Windows shall free INIT after initialization; then the checksum is another."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

DISCARDABLE = 0x02000000


def checksum(data: bytes, field: int) -> int:
    """[PE Format, "Optional Header Windows-Specific Fields"]: the sum of all words but the field's, and the length."""
    total = 0
    for at, (word,) in zip(range(0, len(data), 2), struct.iter_unpack("<H", data + bytes(len(data) % 2))):
        if not field <= at < field + 4:
            total += word
            total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def finish(data: bytearray) -> None:
    header = struct.unpack_from("<I", data, 0x3C)[0]
    if data[header:header + 4] != b"PE\0\0":
        raise ValueError("not a PE image")
    sections, optional = struct.unpack_from("<H", data, header + 6)[0], struct.unpack_from("<H", data, header + 20)[0]
    table = header + 24 + optional
    init = [at for at in range(table, table + 40 * sections, 40) if data[at:at + 8].rstrip(b"\0") == b"INIT"]
    if len(init) != 1:
        raise ValueError(f"{len(init)} sections INIT")
    flags = struct.unpack_from("<I", data, init[0] + 36)[0]
    struct.pack_into("<I", data, init[0] + 36, flags | DISCARDABLE)
    field = header + 24 + 64
    struct.pack_into("<I", data, field, checksum(bytes(data), field))


if __name__ == "__main__":
    path = Path(sys.argv[1])
    contents = bytearray(path.read_bytes())
    try:
        finish(contents)
    except (ValueError, struct.error) as error:
        sys.exit(f"finish.py: {path}: {error}")
    path.write_bytes(contents)
