# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Mistakes in the headers, and in what the build leaves."""

from __future__ import annotations

from windows.spoilings.case import case


# --- Headers

@case("kind", words="machine is 0x014c")
def machine(file):
    file.put(file.header, "H", 0x14C)


@case("kind", words="subsystem is 3")
def console_program(file):
    file.field("Subsystem", lambda _: 3)


@case("kind", words="characteristic DLL is set")
def library(file):
    file.put(file.header + 18, "H", file.get(file.header + 18, "H") | 0x2000)


@case("kind", words="subsystem version is 11.0")
def for_a_newer_windows(file):
    file.field("MajorSubsystemVersion", lambda _: 11)


@case("protections", words="DYNAMIC_BASE")
def fixed_address(file):
    file.field("DllCharacteristics", lambda flags: flags & ~0x40)


@case("protections", words="NX_COMPAT")
def executable_data(file):
    file.field("DllCharacteristics", lambda flags: flags & ~0x100)


@case("protections", words="HIGH_ENTROPY_VA")
def low_entropy(file):
    file.field("DllCharacteristics", lambda flags: flags & ~0x20)


@case("guard-flag", words="GUARD_CF")
def no_guard_flag(file):
    file.field("DllCharacteristics", lambda flags: flags & ~0x4000)


@case("sizes", words="aligned to 8192", others=True)
def section_alignment(file):
    file.field("SectionAlignment", lambda _: 8192)


@case("sizes", words="SizeOfImage")
def size_of_image(file):
    file.field("SizeOfImage", lambda size: size + 4096)


@case("entry-point", words="not in INIT")
def entry_in_text(file):
    file.field("AddressOfEntryPoint", lambda _: file.section(".text").begin)


@case("directories", words="TLS directory")
def thread_local_storage(file):
    file.directory("TLS", file.section(".rdata").begin, 40)


@case("directories", words="export directory")
def exports(file):
    file.directory("export", file.section(".rdata").begin, 40)


@case("signature", words="belong to nothing")
def bytes_behind_the_end(file):
    file.data += b"something"


@case("signature", words="the end of the file")
def signature_that_is_cut_off(file):
    file.directory("security", len(file.data), 1024)


# --- What the build leaves

@case("reproducible", words="time stamps differ")
def time_of_linking(file):
    file.put(file.header + 4, "I", 1_600_000_000)


@case("symbol-file", words="the driver wants")
def another_symbol_file(file):
    file.data[file.data.find(b"RSDS") + 4] ^= 1


@case("symbols", words="named with a folder")
def symbol_file_in_a_folder(file):
    at = file.data.find(b"RSDS") + 24
    name = bytes(file.data[at:file.data.find(b"\0", at)])
    file.data[at:at + len(name)] = (b"a/" + name[2:])


@case("paths", words="/build/nadir/core/log.cpp")
def path_of_the_machine(file):
    path = b"\0/build/nadir/core/log.cpp\0"
    at = file.section(".rdata").raw + file.section(".rdata").raw_size - len(path)
    assert not any(file.data[at:at + len(path)]), "no room for it"
    file.data[at:at + len(path)] = path
