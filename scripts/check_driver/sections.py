# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Sections: what may be written, executed, discarded and paged out."""

from __future__ import annotations

import re
from typing import Iterator

from .image import DISCARDABLE, EXECUTE, NOT_PAGED, PAGE, READ, SHARED, WRITE, Driver
from .rule import Rule

# Where compilers leave what wants to run before main, or once per thread: nobody runs it in a driver.
RUN_TIME = re.compile(r"\.(CRT|tls|ctors|dtors|init_array|fini_array)\b")
KNOWN = re.compile(r"\.(text|rdata|data|pdata|xdata|bss|idata|reloc|rsrc|00cfg|core|cdata)$|INIT$|PAGE\w*$")


def layout(driver: Driver) -> Iterator[str]:
    """Windows' memory manager wants each section to begin where the one before it ends, in pages."""
    expected = None
    file_alignment = driver.pe.OPTIONAL_HEADER.FileAlignment or 1
    for section in driver.sections:
        if expected is None:
            expected = -(-driver.pe.OPTIONAL_HEADER.SizeOfHeaders // PAGE) * PAGE
        if section.begin != expected:
            yield f"{section} begins at {section.begin:#x}, not at {expected:#x}"
        if section.size == 0:
            yield f"{section} is empty"
        expected = section.begin + -(-section.size // PAGE) * PAGE
        if section.raw_size and (section.raw % file_alignment or section.raw + section.raw_size > len(driver.data)):
            yield f"{section}: its bytes in the file ({section.raw:#x}, {section.raw_size:#x}) are misaligned or not there"


def names(driver: Driver) -> Iterator[str]:
    seen = set()
    for section in driver.sections:
        if RUN_TIME.match(section.name):
            yield f"{section} holds constructors or thread-local data"
        elif not KNOWN.match(section.name):
            yield f"{section} is unknown"
        if section.name in seen:
            yield f"{section} is there twice"
        seen.add(section.name)


def write_or_execute(driver: Driver) -> Iterator[str]:
    for section in driver.sections:
        if section.has(WRITE) and section.has(EXECUTE):
            yield f"{section} is both writable and executable"
        if section.has(SHARED):
            yield f"{section} is shared"
        if not section.has(READ):
            yield f"{section} can't be read"
        if section.name in (".text", "INIT") or section.name.startswith("PAGE"):
            if section.has(WRITE):
                yield f"{section} is writable"
        elif section.has(EXECUTE) and section.name != ".core":
            yield f"{section} is executable"
        if section.name in (".rdata", ".pdata", ".00cfg", ".xdata") and section.has(WRITE):
            yield f"{section} is writable"


def discarded(driver: Driver) -> Iterator[str]:
    if not any(section.name == "INIT" for section in driver.sections):
        yield "there is no section INIT"
    for section in driver.sections:
        if section.name in ("INIT", ".reloc") and not section.has(DISCARDABLE):
            yield f"{section} is not discardable"
        if section.name not in ("INIT", ".reloc") and section.has(DISCARDABLE):
            yield f"{section} is discardable, but needed for as long as the driver is loaded"


def paged(driver: Driver) -> Iterator[str]:
    """A name that begins with PAGE is what makes a section pageable."""
    for section in driver.sections:
        if section.name.startswith("PAGE") and section.has(NOT_PAGED):
            yield f"{section} is pageable by its name and not by its flags"
    for name in ("import address table", "load configuration", "exception"):
        rva, size = driver.directory(name)
        section = driver.section_at(rva)
        if size and section is not None and section.name.startswith("PAGE"):
            yield f"the {name} is in {section}, which may be paged out"


RULES = [
    Rule("layout", "Each section begins at the page where the one before it ends, and its bytes are in the file.",
         "Link again; don't remove sections from a linked file.", layout),
    Rule("names", "Sections are those that a driver has: nobody runs its constructors, nobody makes its thread-local data.",
         "Make globals constinit; thread_local is not for drivers. A new section: name it here, in KNOWN.", names),
    Rule("write-execute", "No section is both writable and executable, constants and code are not writable, data is not executable.",
         "Look which #pragma section, section attribute or /section option gives these flags.", write_or_execute),
    Rule("discarded", "INIT and relocations go after initialization, and nothing else goes.",
         "Link with /section:INIT,ERD (execute, read, discardable).", discarded),
    Rule("paged", "What must stay in memory is not in a section that is paged.", "Keep it out of sections whose names begin with PAGE.", paged),
]
