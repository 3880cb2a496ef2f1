# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A driver's file as the rules see it: addresses are RVAs (relative to where the image is loaded) unless named otherwise."""

from __future__ import annotations

import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Iterator

import pefile

DISCARDABLE, NOT_PAGED, SHARED = 0x02000000, 0x08000000, 0x10000000
EXECUTE, READ, WRITE = 0x20000000, 0x40000000, 0x80000000
PAGE = 4096
GNU_VERSION = 2
LARGEST = 64 << 20

DIRECTORIES = ("export", "import", "resource", "exception", "security", "relocation", "debug", "architecture", "global pointer",
               "TLS", "load configuration", "bound import", "import address table", "delay import", "CLR", "reserved")


class _Headers(pefile.PE):
    def is_driver(self) -> bool:
        """pefile asks before it has read the sections, and fails over that, where a section PAGE is writable and executable."""
        return True


class NotADriver(ValueError):
    """Not a file that the rules can be asked about."""


@dataclass(frozen=True)
class Section:
    name: str
    begin: int
    size: int  # in memory
    raw: int
    raw_size: int
    flags: int

    @property
    def end(self) -> int:
        return self.begin + self.size

    def has(self, flag: int) -> bool:
        return self.flags & flag != 0

    def __contains__(self, rva: int) -> bool:
        return self.begin <= rva < self.end

    def __str__(self) -> str:
        return f"section {self.name}"


@dataclass(frozen=True)
class Import:
    dll: str
    name: str | None  # None: by number
    ordinal: int | None
    slot: int  # its entry in the import address table


@dataclass(frozen=True)
class RuntimeFunction:
    """An entry of .pdata."""

    begin: int
    end: int
    unwind: int


class Driver:
    def __init__(self, path: Path, pdb: Path | None = None) -> None:
        self.path = path
        self.data = path.read_bytes()
        self.pdb = pdb if pdb else path.with_suffix(".pdb")
        try:
            self.pe = _Headers(data=self.data, fast_load=True)
            self.pe.parse_data_directories([pefile.DIRECTORY_ENTRY["IMAGE_DIRECTORY_ENTRY_IMPORT"]])
        except pefile.PEFormatError as error:
            raise NotADriver(f"{path} is not a Windows executable ({error.value})") from None
        if self.pe.OPTIONAL_HEADER.Magic != 0x20B:
            raise NotADriver(f"{path} is a 32-bit executable: Nadir is for 64-bit Windows only")
        self.base = self.pe.OPTIONAL_HEADER.ImageBase
        self.size = self.pe.OPTIONAL_HEADER.SizeOfImage
        self.sections = [Section(section.Name.rstrip(b"\0").decode("ascii", "replace"), section.VirtualAddress,
                                 section.Misc_VirtualSize, section.PointerToRawData, section.SizeOfRawData,
                                 section.Characteristics) for section in self.pe.sections]
        for section in self.sections:
            if section.end > LARGEST:
                raise NotADriver(f"{path}: {section} ends at {section.end:#x}: no driver is that large, the headers are damaged")

    # --- Places

    @property
    def linked_by_gnu(self) -> bool:
        """GNU's linker writes its own version, 2.something; Microsoft's, and LLVM's in its place, 14."""
        return self.pe.OPTIONAL_HEADER.MajorLinkerVersion == GNU_VERSION

    def section_at(self, rva: int) -> Section | None:
        return next((section for section in self.sections if rva in section), None)

    def is_code(self, rva: int) -> bool:
        section = self.section_at(rva)
        return section is not None and section.has(EXECUTE)

    def place(self, rva: int) -> str:
        section = self.section_at(rva)
        return f"{rva:#x} ({section.name}+{rva - section.begin:#x})" if section else f"{rva:#x} (in no section)"

    # --- Contents

    def bytes_at(self, rva: int, count: int) -> bytes:
        """As loaded: what the file doesn't have is zero. Fewer bytes than asked for: the image ends there."""
        section = self.section_at(rva)
        if section is None:
            return b""
        offset = rva - section.begin
        available = max(0, min(count, section.size - offset))
        return self.data[section.raw + offset:section.raw + min(offset + available, section.raw_size)].ljust(available, b"\0")

    def number(self, rva: int, size: int) -> int | None:
        found = self.bytes_at(rva, size)
        return int.from_bytes(found, "little") if len(found) == size else None

    def pointer(self, rva: int) -> int | None:
        """The RVA that a pointer of the image points to; None where there is none."""
        value = self.number(rva, 8)
        return value - self.base if value is not None and 0 <= value - self.base < self.size else None

    def directory(self, name: str) -> tuple[int, int]:
        found = self.pe.OPTIONAL_HEADER.DATA_DIRECTORY
        index = DIRECTORIES.index(name)
        return (found[index].VirtualAddress, found[index].Size) if index < len(found) else (0, 0)

    # --- Tables

    @cached_property
    def imports(self) -> list[Import]:
        return [Import(table.dll.decode(), entry.name.decode() if entry.name else None, entry.ordinal, entry.address - self.base)
                for table in getattr(self.pe, "DIRECTORY_ENTRY_IMPORT", []) for entry in table.imports]

    @cached_property
    def functions(self) -> list[RuntimeFunction]:
        rva, size = self.directory("exception")
        found = self.bytes_at(rva, size)
        return [RuntimeFunction(*struct.unpack_from("<III", found, at)) for at in range(0, len(found) - 11, 12)]

    @cached_property
    def _ordered(self) -> tuple[list[int], list[RuntimeFunction]]:
        ordered = sorted(self.functions, key=lambda function: function.begin)
        return [function.begin for function in ordered], ordered

    def function_at(self, rva: int) -> RuntimeFunction | None:
        """The entry that has this place."""
        begins, ordered = self._ordered
        index = bisect_right(begins, rva) - 1
        return ordered[index] if index >= 0 and rva < ordered[index].end else None

    def relocation_blocks(self) -> Iterator[tuple[int, int, int, list[tuple[int, int]]]]:
        """(where the block is, its page, its size, its (kind, target) entries); ends at a size that can't be."""
        rva, size = self.directory("relocation")
        at = rva
        while at < rva + size:
            page, length = self.number(at, 4), self.number(at + 4, 4)
            if page is None or length is None:
                return
            entries = struct.unpack(f"<{max(0, length - 8) // 2}H", self.bytes_at(at + 8, (max(0, length - 8) // 2) * 2)) \
                if at + length <= rva + size else ()
            yield at, page, length, [(entry >> 12, page + (entry & 0xFFF)) for entry in entries]
            if length < 8:
                return
            at += length

    @cached_property
    def relocated(self) -> list[int]:
        """Where the loader adds the load address."""
        return [target for _, _, _, entries in self.relocation_blocks() for kind, target in entries if kind != 0]
