# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Mistakes in the sections."""

from __future__ import annotations

from check_driver import guard
from check_driver.image import DISCARDABLE, EXECUTE, NOT_PAGED, SHARED, WRITE
from windows.spoilings.case import case, load_configuration


@case("write-execute", words="section .text is both writable and executable")
def writable_code(file):
    file.flags(".text", lambda flags: flags | WRITE)


@case("write-execute", words="section PAGE is both writable and executable")
def writable_paged_code(file):
    file.flags("PAGE", lambda flags: flags | WRITE)


@case("names", words="section .extra is unknown")
def unknown_section(file):
    file.put(file.section_header(".data"), "8s", b".extra")


@case("write-execute", words="section .reloc is executable", others=True)
def executable_relocations(file):
    file.flags(".reloc", lambda flags: flags | EXECUTE)


@case("names", words="constructors")
def constructors(file):
    file.put(file.section_header(".data"), "8s", b".CRT")


@case("write-execute", words="shared")
def shared_section(file):
    file.flags(".data", lambda flags: flags | SHARED)


@case("write-execute", "import-table-read-only", "guard-pointers", words="import address table is in section .rdata, which is writable")
def writable_constants(file):
    for name in {".rdata", file.good.section_at(file.good.pointer(load_configuration(file) + guard.CHECK)).name}:
        file.flags(name, lambda flags: flags | WRITE)


@case("discarded", words="section INIT is not discardable")
def init_stays(file):
    file.flags("INIT", lambda flags: flags & ~DISCARDABLE)


@case("discarded", words="section .data is discardable")
def data_goes(file):
    file.flags(".data", lambda flags: flags | DISCARDABLE)


@case("paged", words="pageable by its name and not by its flags")
def page_not_paged(file):
    file.flags("PAGE", lambda flags: flags | NOT_PAGED)


@case("layout", words="misaligned or not there")
def section_beyond_the_file(file):
    header = file.section_header(".reloc")
    file.put(header + 16, "I", 0x100000)
