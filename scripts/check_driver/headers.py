# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the headers promise to the loader."""

from __future__ import annotations

import sys
from array import array
from typing import Iterator

from .image import EXECUTE, PAGE, Driver
from .rule import Build, Rule

AMD64, NATIVE = 0x8664, 1
RELOCATIONS_STRIPPED, EXECUTABLE_IMAGE, LARGE_ADDRESS_AWARE, DLL = 0x0001, 0x0002, 0x0020, 0x2000
HIGH_ENTROPY_VA, DYNAMIC_BASE, NX_COMPAT, GUARD_CF = 0x0020, 0x0040, 0x0100, 0x4000
UNWANTED_DIRECTORIES = ("export", "TLS", "bound import", "delay import", "CLR", "architecture", "global pointer", "reserved")


def kind(driver: Driver) -> Iterator[str]:
    header, optional = driver.pe.FILE_HEADER, driver.pe.OPTIONAL_HEADER
    if header.Machine != AMD64:
        yield f"the machine is {header.Machine:#06x}, not {AMD64:#06x} (x64)"
    if optional.Subsystem != NATIVE:
        yield f"the subsystem is {optional.Subsystem}, not {NATIVE} (native)"
    for flag, name in ((EXECUTABLE_IMAGE, "EXECUTABLE_IMAGE"), (LARGE_ADDRESS_AWARE, "LARGE_ADDRESS_AWARE")):
        if not header.Characteristics & flag:
            yield f"the file characteristic {name} is missing"
    for flag, name in ((DLL, "DLL"), (RELOCATIONS_STRIPPED, "RELOCS_STRIPPED")):
        if header.Characteristics & flag:
            yield f"the file characteristic {name} is set"
    version = (optional.MajorSubsystemVersion, optional.MinorSubsystemVersion)
    if not (5, 2) <= version <= (10, 0):
        yield f"the subsystem version is {version[0]}.{version[1]}, not between 5.2 and 10.0: Windows would not load it"


def _protections(driver: Driver, wanted: dict[str, int]) -> Iterator[str]:
    for name, flag in wanted.items():
        if not driver.pe.OPTIONAL_HEADER.DllCharacteristics & flag:
            yield f"the DLL characteristic {name} is missing"


def protections(driver: Driver) -> Iterator[str]:
    yield from _protections(driver, {"DYNAMIC_BASE": DYNAMIC_BASE, "NX_COMPAT": NX_COMPAT, "HIGH_ENTROPY_VA": HIGH_ENTROPY_VA})


def guarded(driver: Driver) -> Iterator[str]:
    yield from _protections(driver, {"GUARD_CF": GUARD_CF})


def sizes(driver: Driver) -> Iterator[str]:
    optional = driver.pe.OPTIONAL_HEADER
    if optional.SectionAlignment != PAGE:
        yield f"sections are aligned to {optional.SectionAlignment} bytes, not {PAGE}"
    if optional.FileAlignment not in (512, 1024, 2048, 4096):
        yield f"the file alignment is {optional.FileAlignment}"
    if driver.base % 0x10000:
        yield f"the image base {driver.base:#x} is not a multiple of 64 KiB"
    end = max((section.end for section in driver.sections), default=0)
    if driver.size != -(-end // PAGE) * PAGE:
        yield f"SizeOfImage is {driver.size:#x}, but the last section ends at {end:#x}"
    first = min((section.raw for section in driver.sections if section.raw_size), default=len(driver.data))
    table = driver.pe.DOS_HEADER.e_lfanew + 24 + driver.pe.FILE_HEADER.SizeOfOptionalHeader + 40 * len(driver.sections)
    if not table <= optional.SizeOfHeaders <= first:
        yield f"SizeOfHeaders is {optional.SizeOfHeaders:#x}; the headers end at {table:#x}, the first section's bytes begin at {first:#x}"


def entry_point(driver: Driver) -> Iterator[str]:
    rva = driver.pe.OPTIONAL_HEADER.AddressOfEntryPoint
    section = driver.section_at(rva)
    if section is None or not section.has(EXECUTE):
        yield f"the entry point {driver.place(rva)} is not in code"
    elif section.name != "INIT":
        yield f"the entry point {driver.place(rva)} is not in INIT, which Windows discards after the driver's initialization"


def checksum_of(data: bytes, field: int) -> int:
    """The ones' complement sum of all words but those of the field, which stands at an even offset, and the length."""
    words = array("H", data[:field] + bytes(4) + data[field + 4:] + bytes(len(data) % 2))
    if sys.byteorder == "big":
        words.byteswap()
    total = sum(words)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total + len(data)


def checksum(driver: Driver) -> Iterator[str]:
    stored = driver.pe.OPTIONAL_HEADER.CheckSum
    computed = checksum_of(driver.data, driver.pe.OPTIONAL_HEADER.get_field_absolute_offset("CheckSum"))
    if stored != computed:
        yield f"the header's checksum is {stored:#x}, the file's is {computed:#x}"


def directories(driver: Driver) -> Iterator[str]:
    for name in UNWANTED_DIRECTORIES:
        rva, size = driver.directory(name)
        if rva or size:
            yield f"there is a {name} directory (at {rva:#x}, {size:#x} bytes)"
    for name in ("import", "exception", "relocation", "debug", "load configuration", "import address table", "resource"):
        rva, size = driver.directory(name)
        if rva or size:
            section = driver.section_at(rva)
            if section is None or rva + size > section.end:
                yield f"the {name} directory ({rva:#x}, {size:#x} bytes) does not lie within one section"


def signature(driver: Driver) -> Iterator[str]:
    """Of the certificate table, the only directory whose address is an offset in the file, only the form is judged here."""
    offset, size = driver.directory("security")
    last = max((section.raw + section.raw_size for section in driver.sections if section.raw_size), default=0)
    if not offset and not size:
        if len(driver.data) > last and driver.pe.FILE_HEADER.PointerToSymbolTable == 0:
            yield f"{len(driver.data) - last} bytes behind the last section belong to nothing"
        return
    if offset % 8 or offset < last or offset + size != len(driver.data):
        yield f"the certificate table ({offset:#x}, {size:#x} bytes) is not, 8-aligned, the end of the file ({len(driver.data):#x} bytes)"
        return
    length, revision, kind_of = (int.from_bytes(driver.data[offset + at:offset + at + count], "little")
                                 for at, count in ((0, 4), (4, 2), (6, 2)))
    if -(-length // 8) * 8 != size or (revision, kind_of) != (0x0200, 2):
        yield f"the certificate has {length} of {size} bytes, revision {revision:#x} and type {kind_of}, not 0x200 and 2 (PKCS #7)"


RULES = [
    Rule("kind", "The file is a native x64 executable for this or an earlier Windows.",
         "Link with /driver /subsystem:native /machine:x64.", kind),
    Rule("protections", "The image can be loaded anywhere, and its data is never executed.",
         "Link with /dynamicbase /highentropyva /nxcompat.", protections),
    Rule("guard-flag", "The header says that the image has control-flow guard's tables.", "Link with /guard:cf.", guarded, Build.MICROSOFT),
    Rule("sizes", "Sections begin at pages (memory integrity wants that) and the header's sizes are those of the file.",
         "Link with /align:4096 or none; a tool that edits the file must correct its headers.", sizes),
    Rule("entry-point", "DriverEntry is code in INIT: it runs once.", "Give it __declspec(code_seg(\"INIT\")) and link with /entry:DriverEntry.",
         entry_point),
    Rule("checksum", "Windows refuses a driver whose checksum is not right.", "Link with /release; sign with a tool that corrects it.", checksum),
    Rule("directories", "A driver exports nothing, has no thread-local storage, and imports when it is loaded.",
         "Remove what makes the linker write that directory.", directories),
    Rule("signature", "What lies behind the last section is a signature and nothing else.", "Sign a freshly linked file: scripts/sign-driver.",
         signature),
]
