# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Spoils one thing in a driver's file, and makes its checksum right again, so that nothing else is wrong with it."""

from __future__ import annotations

import struct
from pathlib import Path

from check_driver.headers import checksum_of
from check_driver.image import DIRECTORIES, Driver, Section


class Spoiled:
    def __init__(self, good: Driver) -> None:
        self.good = good
        self.data = bytearray(good.data)
        self.header = good.pe.DOS_HEADER.e_lfanew + 4
        self.optional = self.header + 20

    # --- Places in the file

    def offset(self, rva: int) -> int:
        section = self.good.section_at(rva)
        assert section is not None and rva - section.begin < section.raw_size, f"{rva:#x} is not in the file"
        return section.raw + rva - section.begin

    def section(self, name: str) -> Section:
        return next(section for section in self.good.sections if section.name == name)

    def section_header(self, name: str) -> int:
        index = next(i for i, section in enumerate(self.good.sections) if section.name == name)
        return self.optional + self.good.pe.FILE_HEADER.SizeOfOptionalHeader + 40 * index

    # --- Changes

    def put(self, offset: int, layout: str, *values: int | bytes) -> None:
        struct.pack_into("<" + layout, self.data, offset, *values)

    def get(self, offset: int, layout: str) -> int:
        return struct.unpack_from("<" + layout, self.data, offset)[0]

    def poke(self, rva: int, content: bytes) -> None:
        self.data[self.offset(rva):self.offset(rva) + len(content)] = content

    def field(self, name: str, change) -> None:
        """A field of the optional header, as pefile calls it."""
        size = {"SectionAlignment": "I", "SizeOfImage": "I", "AddressOfEntryPoint": "I", "SizeOfHeaders": "I", "Subsystem": "H",
                "DllCharacteristics": "H", "MajorSubsystemVersion": "H"}[name]
        offset = self.good.pe.OPTIONAL_HEADER.get_field_absolute_offset(name)
        self.put(offset, size, change(self.get(offset, size)))

    def flags(self, name: str, change) -> None:
        offset = self.section_header(name) + 36
        self.put(offset, "I", change(self.get(offset, "I")) & 0xFFFFFFFF)

    def directory(self, name: str, rva: int, size: int) -> None:
        self.put(self.optional + 112 + 8 * DIRECTORIES.index(name), "II", rva, size)

    # --- The result

    def write(self, folder: Path, name: str = "nadir.sys", checksum: bool = True) -> Driver:
        path = folder / name
        if checksum:
            field = self.good.pe.OPTIONAL_HEADER.get_field_absolute_offset("CheckSum")
            self.put(field, "I", checksum_of(bytes(self.data), field))
        path.write_bytes(self.data)
        return Driver(path, self.good.pdb)
