# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The load configuration: stack cookie and control-flow guard."""

from __future__ import annotations

from typing import Iterator

from .code import code_of
from .image import WRITE, Driver
from .symbols import symbols_of
from .rule import Build, Rule

# IMAGE_LOAD_CONFIG_DIRECTORY64, up to where control-flow guard's part ends.
COOKIE, CHECK, DISPATCH, TABLE, COUNT, FLAGS, LEAST_SIZE = 0x58, 0x70, 0x78, 0x80, 0x88, 0x90, 0x94
DEFAULT_COOKIE = 0x00002B992DDFA232  # what the loader looks for, and replaces
INSTRUMENTED, TABLE_PRESENT = 0x100, 0x400


def _load_configuration(driver: Driver) -> int | None:
    rva, size = driver.directory("load configuration")
    return rva if size and (driver.number(rva, 4) or 0) >= LEAST_SIZE else None


def cookie(driver: Driver) -> Iterator[str]:
    config = _load_configuration(driver)
    if config is None:
        yield "there is no load configuration, or it is too short"
        return
    at = driver.pointer(config + COOKIE)
    section = driver.section_at(at) if at is not None else None
    if at is None or section is None or not section.has(WRITE) or at % 8:
        yield "the load configuration does not say where, in writable data, the stack cookie is"
        return
    if driver.number(at, 8) != DEFAULT_COOKIE:
        yield f"the stack cookie at {driver.place(at)} is {driver.number(at, 8):#x}, not the default that the loader replaces by a random one"
    if config + COOKIE not in driver.relocated:
        yield "the load configuration's pointer to the stack cookie has no relocation"


def pointers(driver: Driver) -> Iterator[str]:
    config = _load_configuration(driver)
    if config is None:
        return
    for name, offset in (("check", CHECK), ("dispatch", DISPATCH)):
        at = driver.pointer(config + offset)
        section = driver.section_at(at) if at is not None else None
        if at is None or section is None:
            yield f"there is no {name} function pointer"
        elif section.has(WRITE):
            yield f"the {name} function pointer is in {section}, which is writable: the loader could write there anyway"
        elif not driver.is_code(driver.pointer(at) or 0):
            yield f"the {name} function pointer's own value, for a Windows that leaves it alone, is no function"


def _targets(driver: Driver) -> tuple[list[int], int]:
    config = _load_configuration(driver)
    at = driver.pointer(config + TABLE) if config is not None else None
    if at is None:
        return [], 0
    flags, count = driver.number(config + FLAGS, 4) or 0, driver.number(config + COUNT, 8) or 0
    stride = 4 + (flags >> 28)
    found = [driver.number(at + index * stride, 4) for index in range(min(count, driver.size // stride))]
    return [rva for rva in found if rva is not None], count


def is_function_start(driver: Driver, rva: int) -> bool:
    """Of the function table, by name, or, as of a leaf without a name: aligned, behind the end of something."""
    function = driver.function_at(rva)
    if function is not None or rva in symbols_of(driver).functions:
        return function is None or function.begin == rva
    before = code_of(driver).before(rva)
    section = driver.section_at(rva)
    first = section is not None and section.begin == rva
    return code_of(driver).at(rva) is not None and rva % 16 == 0 and (first or before is None or before.ends_flow or before.is_padding)


def table(driver: Driver) -> Iterator[str]:
    config = _load_configuration(driver)
    if config is None:
        return
    flags = driver.number(config + FLAGS, 4) or 0
    for flag, name in ((INSTRUMENTED, "CF_INSTRUMENTED"), (TABLE_PRESENT, "CF_FUNCTION_TABLE_PRESENT")):
        if not flags & flag:
            yield f"the flag {name} is missing"
    targets, count = _targets(driver)
    if not targets or len(targets) != count:
        yield f"the table of call targets has {len(targets)} of {count} entries"
    if targets != sorted(set(targets)):
        yield "the table of call targets is not sorted, or has a target twice"
    for rva in targets:
        if not driver.is_code(rva) or not is_function_start(driver, rva):
            yield f"the call target {driver.place(rva)} is not the beginning of a function"


def complete(driver: Driver) -> Iterator[str]:
    """Where an address of a function is taken, in data or by LEA, it is a target."""
    if _load_configuration(driver) is None:
        return
    targets = set(_targets(driver)[0])
    config = _load_configuration(driver)
    thunks = {driver.pointer(driver.pointer(config + offset) or 0) for offset in (CHECK, DISPATCH)}
    taken = {driver.pointer(at): at for at in driver.relocated if driver.is_code(driver.pointer(at) or 0)}
    taken |= {i.operand: i.rva for i in code_of(driver).all if i.takes_address and driver.is_code(i.operand or 0)}
    symbols = symbols_of(driver)
    for rva, where in sorted(taken.items()):
        if rva not in targets and rva not in thunks and rva not in symbols.labels and is_function_start(driver, rva):
            name = symbols.functions.get(rva)
            yield f"the function {driver.place(rva)}{f', {name},' if name else ''} has its address taken at {driver.place(where)}, and is no call target"


RULES = [
    Rule("cookie", "The loader finds the stack cookie and gives it a value of its own.",
         "Name &__security_cookie in _load_config_used; initialize it to 0x2B992DDFA232.", cookie, Build.MICROSOFT),
    Rule("guard-pointers", "The pointers that control-flow guard calls through are read-only and work unset, too.",
         "Put them in .00cfg, pointing to thunks of our own.", pointers, Build.MICROSOFT),
    Rule("guard-table", "The table of call targets is there, sorted, and has beginnings of functions only.",
         "Compile with -Xclang -cfguard, link with /guard:cf, and set the table's fields in _load_config_used.", table, Build.MICROSOFT, needs_names=True),
    Rule("guard-complete", "Each function whose address is taken may be called through a pointer.",
         "Compile every file with -Xclang -cfguard or -cfguard-no-checks.", complete, Build.MICROSOFT, needs_names=True),
]
