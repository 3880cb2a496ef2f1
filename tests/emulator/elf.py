# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Just enough of ELF (32 and 64 bits, little-endian) to load a kernel as a boot loader does."""

from __future__ import annotations

import struct
from dataclasses import dataclass

_PT_LOAD = 1
_MULTIBOOT_MAGIC = 0x1BADB002


@dataclass(frozen=True)
class Segment:
    physical: int
    virtual: int
    data: bytes
    memory_size: int


class Elf:
    def __init__(self, image: bytes):
        if image[:4] != b"\x7fELF" or image[5] != 1:
            raise ValueError("not a little-endian ELF file")
        self.image = image
        self.bits = {1: 32, 2: 64}[image[4]]
        header = struct.unpack_from("<IIIIHHH" if self.bits == 32 else "<QQQIHHH", image, 24)
        entry, offset, _, _, _, size, count = header
        self.segments: list[Segment] = []
        for number in range(count):
            if self.bits == 32:
                kind, start, virtual, physical, length, memory = struct.unpack_from(
                    "<IIIIII", image, offset + number * size)
            else:
                kind, _, start, virtual, physical, length, memory = struct.unpack_from(
                    "<IIQQQQQ", image, offset + number * size)
            if kind == _PT_LOAD and memory:
                self.segments.append(Segment(physical, virtual, image[start:start + length], memory))
        self.entry = self._physical_entry(entry)

    def _physical_entry(self, entry: int) -> int:
        """The entry as a physical address, as GRUB takes it when the file is linked elsewhere."""
        for segment in self.segments:
            if segment.virtual <= entry < segment.virtual + segment.memory_size:
                return segment.physical + entry - segment.virtual
        return entry

    def require_multiboot(self) -> None:
        """[Multiboot 0.6.96 "The layout of Multiboot header"]: within the first 8192 bytes, 32-bit aligned."""
        for offset in range(0, min(8192, len(self.image)) - 11, 4):
            magic, flags, checksum = struct.unpack_from("<III", self.image, offset)
            if magic == _MULTIBOOT_MAGIC and (magic + flags + checksum) & 0xFFFFFFFF == 0:
                return
        raise ValueError("no Multiboot header in the first 8192 bytes")
