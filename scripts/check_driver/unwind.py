# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Unwind data: what lets Windows walk the stack through the driver, when something crashes or raises an exception."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Iterator

from .code import Code, Instruction, code_of
from .image import EXECUTE, Driver
from .symbols import symbols_of
from .rule import Build, Rule

REGISTERS = ("rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", *(f"r{n}" for n in range(8, 16)))
PUSH_NONVOL, ALLOC_LARGE, ALLOC_SMALL, SET_FPREG, SAVE_NONVOL, SAVE_NONVOL_FAR = range(6)
EPILOG, SAVE_XMM128, SAVE_XMM128_FAR, PUSH_MACHFRAME = 6, 8, 9, 10
SLOTS = {PUSH_NONVOL: 1, ALLOC_SMALL: 1, SET_FPREG: 1, SAVE_NONVOL: 2, SAVE_NONVOL_FAR: 3, EPILOG: 1, SAVE_XMM128: 2,
         SAVE_XMM128_FAR: 3, PUSH_MACHFRAME: 1}
HANDLERS, CHAINED = 3, 4
MOVES_STACK = re.compile(r"(push|pop|enter|leave)|(sub|add|lea|mov|and|xchg)\w* .*, %rsp$|call")


@dataclass(frozen=True)
class UnwindCode:
    offset: int  # of the end of the instruction
    operation: int
    register: int
    bytes: int  # allocated


@dataclass(frozen=True)
class UnwindInfo:
    version: int
    flags: int
    prolog: int
    frame: int
    codes: list[UnwindCode]
    tail: int  # RVA of the handler or of the chained entry


def unwind_info(driver: Driver, rva: int) -> UnwindInfo | str:
    """Decoded, or what is wrong with it."""
    head = driver.bytes_at(rva, 4)
    if len(head) < 4:
        return "is outside of the image"
    count = head[2]
    slots = driver.bytes_at(rva + 4, count * 2)
    codes, at = [], 0
    while at < count and len(slots) == count * 2:
        offset, operation, information = slots[at * 2], slots[at * 2 + 1] & 15, slots[at * 2 + 1] >> 4
        size = (2 if information == 0 else 3) if operation == ALLOC_LARGE else SLOTS.get(operation)
        if size is None or (operation == ALLOC_LARGE and information > 1):
            return f"has the unknown operation {operation}:{information}"
        if at + size > count:
            return "ends in mid-operation"
        operand = int.from_bytes(slots[at * 2 + 2:(at + size) * 2], "little")
        amount = {ALLOC_SMALL: information * 8 + 8, ALLOC_LARGE: operand if information else operand * 8, PUSH_NONVOL: 8}.get(operation, 0)
        codes.append(UnwindCode(offset, operation, information, amount))
        at += size
    if at != count:
        return "is outside of the image"
    return UnwindInfo(head[0] & 7, head[0] >> 3, head[1], head[3] & 15, codes, rva + 4 + (count + (count & 1)) * 2)


def table(driver: Driver) -> Iterator[str]:
    rva, size = driver.directory("exception")
    if not size:
        yield "there is no function table"
        return
    if size % 12 or rva % 4:
        yield f"the function table ({rva:#x}, {size:#x} bytes) is no table of 12-byte entries"
    last = 0
    for function in driver.functions:
        section = driver.section_at(function.begin)
        if not function.begin < function.end:
            yield f"the entry of {driver.place(function.begin)} is empty or runs backwards"
        elif section is None or not section.has(EXECUTE) or function.end > section.end:
            yield f"the entry of {driver.place(function.begin)} is not of code in one section"
        if function.begin < last:
            yield f"the entry of {driver.place(function.begin)} overlaps the one before it, or is out of order"
        last = max(last, function.end)


def information(driver: Driver) -> Iterator[str]:
    begins = {function.begin for function in driver.functions}
    for function in driver.functions:
        place = f"the unwind information of {driver.place(function.begin)}"
        section = driver.section_at(function.unwind)
        if function.unwind % 4 or section is None or section.has(EXECUTE):
            yield f"{place} is at {driver.place(function.unwind)}: misaligned, nowhere, or in code"
            continue
        info = unwind_info(driver, function.unwind)
        if isinstance(info, str):
            yield f"{place} {info}"
            continue
        if info.version not in (1, 2):
            yield f"{place} has version {info.version}, not 1 or 2"
        if info.flags & CHAINED and info.flags & HANDLERS or info.flags > 7:
            yield f"{place} has the flags {info.flags:#x}"
        if info.prolog > function.end - function.begin:
            yield f"{place} says that the prologue is longer ({info.prolog} bytes) than the function"
        offsets = [code.offset for code in info.codes if code.operation != EPILOG]
        if offsets != sorted(offsets, reverse=True) or any(offset > info.prolog for offset in offsets):
            yield f"{place} has its operations out of order or behind the prologue"
        if info.flags & CHAINED and driver.number(info.tail, 4) not in begins:
            yield f"{place} is chained to {driver.number(info.tail, 4) or 0:#x}, where no function begins"
        if info.flags & HANDLERS and not driver.is_code(driver.number(info.tail, 4) or 0):
            yield f"{place} has a handler that is not code"


def _expected(code: UnwindCode, text: str) -> bool:
    if code.operation == PUSH_NONVOL:
        return text == f"pushq %{REGISTERS[code.register]}"
    if code.operation in (ALLOC_SMALL, ALLOC_LARGE):
        return (code.bytes == 8 and text.startswith("pushq ")) or text in (f"subq ${code.bytes:#x}, %rsp", f"addq $-{code.bytes:#x}, %rsp")
    return True


def prologues(driver: Driver) -> Iterator[str]:
    """The operations are those that the prologue's instructions do: hand-written directives can say anything."""
    code = code_of(driver)
    for function in driver.functions:
        info = unwind_info(driver, function.unwind)
        if isinstance(info, str) or info.flags & CHAINED:
            continue
        by_end = {i.rva + i.size - function.begin: i for i in code.between(function.begin, function.end)}
        said = set()
        for operation in info.codes:
            instruction = by_end.get(operation.offset)
            if operation.operation in (PUSH_NONVOL, ALLOC_SMALL, ALLOC_LARGE) and operation.offset:
                said.add(operation.offset)
                if instruction is None or not _expected(operation, instruction.text):
                    yield (f"the unwind information of {driver.place(function.begin)} does not fit its instruction at offset "
                           f"{operation.offset}: {instruction.text if instruction else 'none ends there'}")
        for offset, instruction in by_end.items():
            moves = re.match(r"push[qw] ", instruction.text) or re.match(r"subq \$0x.*, %rsp$", instruction.text)
            if moves and offset not in said and (offset <= info.prolog or not info.frame):
                yield f"the unwind information of {driver.place(function.begin)} does not know of '{instruction.text}' at offset {offset}"


# Assembly that may do without, each with the reason.
WITHOUT = {
    "nadir_cpu_first_exit_entry": "root mode, where no system unwinds",
    "nadir_cpu_general_exit_entry": "root mode",
    "nadir_cpu_planned_exit_entry": "root mode",
    "nadir_cpu_watched_exit_entry": "root mode",
    "nadir_cpu_exit_entry": "root mode",
    "nadir_cpu_triple_fault": "root mode, and its last instructions",
    "nadir_cpu_unblock_nmi": "root mode",
    "nadir_cpu_trap_stubs": "root mode",
    "nadir_cpu_return": "from root mode's stack to the system's: no unwind data can describe that",
}


def uncovered(driver: Driver, code: Code) -> Iterator[Instruction]:
    """Instructions of no function of the table that a leaf function can't have."""
    return (i for i in code.all if MOVES_STACK.match(i.text) and driver.function_at(i.rva) is None)


def coverage(driver: Driver) -> Iterator[str]:
    symbols = symbols_of(driver)
    reported: set[str | int] = set()
    for instruction in uncovered(driver, code_of(driver)):
        name = symbols.name_of(instruction.rva)
        if name in WITHOUT or (name or instruction.rva & ~15) in reported:
            continue
        reported.add(name or instruction.rva & ~15)
        yield f"no entry of the function table covers {driver.place(instruction.rva)}, {name or 'without a name'}: {instruction.text}"


RULES = [
    Rule("function-table", "The function table is sorted, and each entry is of code.", "Link again; don't edit .pdata.", table),
    Rule("unwind-information", "Each entry's unwind information can be read.", "Link again; don't edit .xdata.", information),
    Rule("prologues", "What the unwind information says of a prologue is what the prologue does.",
         "Correct the .seh_ directives of the assembly.", prologues),
    Rule("unwind-coverage", "Code that moves the stack pointer or calls is in the function table: only leaves may do without.",
         "Compile with -fasynchronous-unwind-tables; give assembly .seh_proc and .seh_ directives.", coverage,
         Build.MICROSOFT, needs_names=True),  # GCC writes none for functions of the System V ABI, which the seam has
]
