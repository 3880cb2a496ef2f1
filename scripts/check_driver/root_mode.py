# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Root mode runs on a copy of the core's two sections and nothing else: so these must do without everything else."""

from __future__ import annotations

import re
from typing import Iterator

from .code import Instruction, code_of
from .image import EXECUTE, WRITE, Driver, Section
from .symbols import symbols_of
from .rule import Rule

CODE, CONSTANTS = ".core", ".cdata"  # hosts/windows/image.S
# The seam (core/host.h) and the rules of VM entry (check/entry): asked in the system's context only.
ASKED = "check_entry|entry_rule|record_of|describe_record"
OUTWARD = re.compile(rf"nadir_host_\w+$|\?({ASKED})@check@nadir@@|_ZN5nadir5check\d+({ASKED})E")
VECTOR = re.compile(r"%[xyz]mm\d+|%k[0-7]\b|%mm[0-7]\b|%st\b|^(f(x|n)?(save|rstor)|xsave|xrstor|ldmxcsr|stmxcsr|emms|fninit)")
INDIRECT = re.compile(r"(?:notrack |bnd )?(?:call|jmp)\w?\s+\*")
# Calls what is not executable, to show that root mode survives it.
INDIRECT_CALLS = ("provoke",)


def core_sections(driver: Driver) -> list[Section]:
    return [section for section in driver.sections if section.name in (CODE, CONSTANTS)]


def _code(driver: Driver) -> list[Instruction]:
    return [i for section in core_sections(driver) if section.name == CODE for i in code_of(driver).between(section.begin, section.end)]


def kinds(driver: Driver) -> Iterator[str]:
    for name, executable in ((CODE, True), (CONSTANTS, False)):
        section = next((section for section in core_sections(driver) if section.name == name), None)
        if section is None:
            yield f"there is no section {name}"
        elif section.has(WRITE) or section.has(EXECUTE) != executable:
            yield f"{section} is {'writable' if section.has(WRITE) else 'executable' if section.has(EXECUTE) else 'not executable'}"


def closed(driver: Driver) -> Iterator[str]:
    """No import, no cookie, no guard's pointer, no writable data, no function of the host's: all that would be elsewhere."""
    core, symbols = core_sections(driver), symbols_of(driver)
    for instruction in _code(driver):
        where = f"{driver.place(instruction.rva)}, in {symbols.name_of(instruction.rva) or 'the core'},"
        target, operand = instruction.target, instruction.operand
        if target is not None and not any(target in section for section in core):
            name = symbols.functions.get(target)
            if name is None or not OUTWARD.match(name):
                yield f"{where} leaves the core: {instruction.text.split(' ')[0]} {driver.place(target)} {name or 'without a name'}"
        if operand is not None and not any(operand in section for section in core):
            yield f"{where} refers to {driver.place(operand)}: {instruction.text}"
    for at in driver.relocated:
        target = driver.pointer(at)
        if any(at in section for section in core) and target is not None and not any(target in section for section in core):
            yield f"the core's constant at {driver.place(at)} points to {driver.place(target)}"


def indirect(driver: Driver) -> Iterator[str]:
    symbols = symbols_of(driver)
    for instruction in _code(driver):
        name = symbols.name_of(instruction.rva) or ""
        if INDIRECT.match(instruction.text) and not any(word in name for word in INDIRECT_CALLS):
            yield f"{driver.place(instruction.rva)}, in {name or 'the core'}, goes where a pointer says: {instruction.text}"


def vectors(driver: Driver) -> Iterator[str]:
    symbols = symbols_of(driver)
    for instruction in _code(driver):
        if VECTOR.search(instruction.text):
            yield f"{driver.place(instruction.rva)}, in {symbols.name_of(instruction.rva) or 'the core'}: {instruction.text}"


def init_references(driver: Driver) -> Iterator[str]:
    init = next((section for section in driver.sections if section.name == "INIT"), None)
    if init is None:
        return
    for instruction in code_of(driver).all:
        for refers in (instruction.target, instruction.operand):
            if refers is not None and refers in init and instruction.rva not in init:
                yield f"{driver.place(instruction.rva)} refers to {driver.place(refers)}: {instruction.text}"
    for at in driver.relocated:
        target = driver.pointer(at)
        if target is not None and target in init and at not in init:
            yield f"the pointer at {driver.place(at)} is to {driver.place(target)}"


RULES = [
    Rule("init-references", "Nothing refers to what is discarded after initialization.", "Move the function out of INIT, or its caller in.",
         init_references),
    Rule("core-sections", "The core has a section of code and one of constants.", "Link hosts/windows/image.S; see cmake/core_sections.py.", kinds),
    Rule("core-closed", "Root mode has a copy of the core's two sections only: what the core needs is there, but for the seam and the "
         "rules of VM entry, which are asked before launch.",
         "Make the data constexpr; take it by argument; look which inline function the linker kept from the host.", closed, needs_names=True),
    Rule("core-indirect", "No branch of the core's goes where memory says.", "Use a switch, with -fno-jump-tables.", indirect, needs_names=True),
    Rule("core-vectors", "The core leaves the guest's vector and floating-point registers alone.", "Compile it with core/flags.txt.", vectors),
]
