# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Mistakes in relocations, imports, unwind data and the load configuration."""

from __future__ import annotations

from typing import Callable

from check_driver import guard
from check_driver.unwind import PUSH_NONVOL, unwind_info
from windows.spoilings.case import case, load_configuration, relocation


# --- Relocations

@case("relocated", words="has no relocation")
def relocation_missing(file):
    offset, _ = relocation(file, lambda at: file.good.section_at(at).name == ".rdata" and at != load_configuration(file) + guard.COOKIE)
    file.put(offset, "H", file.get(offset, "H") & 0xFFF)


@case("relocations", words="has the type 3")
def relocation_of_32_bits(file):
    offset, _ = relocation(file, lambda at: file.good.section_at(at).name == ".rdata" and at != load_configuration(file) + guard.COOKIE)
    file.put(offset, "H", file.get(offset, "H") & 0xFFF | 0x3000)


@case("relocations", words="has a size of", others=True)
def relocation_block_of_odd_size(file):
    at, _, length, _ = list(file.good.relocation_blocks())[-1]
    file.put(file.offset(at) + 4, "I", length + 2)


@case("relocations", "relocated", "cookie", words="there are no base relocations")
def no_relocations(file):
    file.directory("relocation", 0, 0)


# --- Imports

def import_name(file, old: str, new: str) -> None:
    at = file.data.find(old.encode() + b"\0")
    assert at > 0 and len(new) <= len(old), old
    file.data[at:at + len(old)] = new.encode().ljust(len(old), b"\0")


@case("imports", words="not in the list")
def unknown_import(file):
    import_name(file, "IoCreateDevice", "IoCreateDragon")


@case("imports", words="exported by ntoskrnl.exe")
def import_of_another_file(file):
    import_name(file, "ntoskrnl.exe", "hal.dll")


@case("imports", words="import by name")
def import_by_number(file):
    slot = file.good.imports[0].slot
    table = file.good.pe.DIRECTORY_ENTRY_IMPORT[0].struct
    for at in (slot, table.OriginalFirstThunk + slot - table.FirstThunk):
        file.poke(at, (1 << 63 | 5).to_bytes(8, "little"))


@case("import-table", words="where the import address table is")
def import_table_not_named(file):
    file.directory("import address table", 0, 0)


# --- Unwind data

def entry(file, index: int) -> int:
    return file.offset(file.good.directory("exception")[0]) + 12 * index


def a_function(file, wanted: Callable) -> int:
    """The number of the first entry whose unwind information is as wanted."""
    return next(index for index, function in enumerate(file.good.functions)
                if function.begin != 0 and wanted(unwind_info(file.good, function.unwind)))


@case("unwind-coverage", words="no entry of the function table covers")
def function_without_entry(file):
    rva, size = file.good.directory("exception")
    number = a_function(file, lambda info: info.codes and not info.flags)
    file.data[entry(file, number):entry(file, 0) + size] = file.data[entry(file, number + 1):entry(file, 0) + size] + bytes(12)
    file.directory("exception", rva, size - 12)


@case("function-table", words="out of order")
def function_table_unsorted(file):
    first, second = entry(file, 0), entry(file, 1)
    file.data[first:first + 12], file.data[second:second + 12] = file.data[second:second + 12], file.data[first:first + 12]


@case("unwind-information", words="has version 3")
def unwind_version(file):
    at = file.offset(file.good.functions[0].unwind)
    for function in file.good.functions:  # several may share one
        if function.unwind == file.good.functions[0].unwind:
            file.data[at] = file.data[at] & ~7 | 3


@case("unwind-information", words="unknown operation 7")
def unwind_operation(file):
    number = a_function(file, lambda info: info.codes)
    at = file.offset(file.good.functions[number].unwind) + 5
    file.data[at] = file.data[at] & 0xF0 | 7


@case("prologues", words="does not fit its instruction")
def wrong_register(file):
    number = a_function(file, lambda info: info.codes and info.codes[-1].operation == PUSH_NONVOL and not info.flags)
    info = unwind_info(file.good, file.good.functions[number].unwind)
    slots = file.data[file.offset(file.good.functions[number].unwind) + 2]
    at = file.offset(file.good.functions[number].unwind) + 4 + 2 * slots - 1
    assert info.codes[-1].register == file.data[at] >> 4
    file.data[at] ^= 0xF0


@case("function-table", "unwind-coverage", words="there is no function table")
def no_function_table(file):
    file.directory("exception", 0, 0)


# --- Load configuration

@case("cookie", words="not the default that the loader replaces")
def cookie_of_our_own(file):
    file.poke(file.good.pointer(load_configuration(file) + guard.COOKIE), (1234).to_bytes(8, "little"))


@case("cookie", "relocated", words="stack cookie has no relocation")
def cookie_not_relocated(file):
    offset, _ = relocation(file, lambda at: at == load_configuration(file) + guard.COOKIE)
    file.put(offset, "H", file.get(offset, "H") & 0xFFF)


@case("cookie", words="no load configuration")
def no_load_configuration(file):
    file.directory("load configuration", 0, 0)


@case("guard-pointers", words="is no function")
def guard_pointer_unset(file):
    at = file.good.pointer(load_configuration(file) + guard.DISPATCH)
    file.poke(at, (file.good.base + file.section(".data").begin).to_bytes(8, "little"))


@case("guard-table", words="CF_FUNCTION_TABLE_PRESENT")
def guard_flags(file):
    at = file.offset(load_configuration(file) + guard.FLAGS)
    file.put(at, "I", file.get(at, "I") & ~guard.TABLE_PRESENT)


def guard_table(file) -> tuple[int, int]:
    """Where in the file the table of call targets is, and the size of its entries."""
    config = load_configuration(file)
    return file.offset(file.good.pointer(config + guard.TABLE)), 4 + (file.good.number(config + guard.FLAGS, 4) >> 28)


def a_call_target(file) -> int:
    """Where in the file the table of call targets has one that a pointer in the data points to."""
    at, size = guard_table(file)
    pointed = {file.good.pointer(where) for where in file.good.relocated}
    return next(entry for entry in range(at, len(file.data), size) if file.get(entry, "I") in pointed)


@case("guard-table", words="not sorted")
def guard_table_unsorted(file):
    at, size = guard_table(file)
    file.data[at:at + size], file.data[at + size:at + 2 * size] = file.data[at + size:at + 2 * size], file.data[at:at + size]


@case("guard-table", "guard-complete", words="is not the beginning of a function")
def guard_target_in_mid_function(file):
    at = a_call_target(file)
    file.put(at, "I", file.get(at, "I") + 1)


@case("guard-complete", words="is no call target")
def guard_target_missing(file):
    at, size = guard_table(file)
    count = file.offset(load_configuration(file) + guard.COUNT)
    end, gone = at + size * file.get(count, "Q"), a_call_target(file)
    file.data[gone:end] = file.data[gone + size:end] + bytes(size)
    file.put(count, "Q", file.get(count, "Q") - 1)
