# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""One mistake each, and the rules that have to name it: exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from check_driver import guard
from check_driver.code import code_of
from check_driver.image import DISCARDABLE, EXECUTE, NOT_PAGED, SHARED, WRITE
from check_driver.relocations import DIR64
from check_driver.unwind import PUSH_NONVOL, unwind_info

from windows.spoil import Spoiled



@dataclass(frozen=True)
class Case:
    change: Callable[[Spoiled], None]
    rules: set[str]  # that are broken by it
    words: str  # that the report has
    others: bool  # more rules may be broken by what follows from it


CASES: dict[str, Case] = {}


def case(*rules: str, words: str = "", others: bool = False):
    def add(change: Callable[[Spoiled], None]) -> Callable[[Spoiled], None]:
        CASES[change.__name__] = Case(change, set(rules), words, others)
        return change
    return add


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


# --- Sections

@case("write-execute", words="section .text is both writable and executable")
def writable_code(file):
    file.flags(".text", lambda flags: flags | WRITE)


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


@case("discarded", "entry-point", words="section INIT is not discardable")
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


# --- Relocations

def relocation(file, wanted=lambda target: True) -> tuple[int, int]:
    """Where in the file a relocation's entry is, and of what."""
    for at, _, _, entries in file.good.relocation_blocks():
        for index, (kind, target) in enumerate(entries):
            if kind == DIR64 and wanted(target):
                return file.offset(at) + 8 + 2 * index, target
    raise AssertionError("no such relocation")


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

def load_configuration(file) -> int:
    return file.good.directory("load configuration")[0]


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


# --- Code

@case("init-references", words="refers to")
def call_of_init(file):
    call = next(i for i in code_of(file.good).all if i.is_call and i.target and i.size == 5 and file.good.section_at(i.rva).name == ".text")
    file.put(file.offset(call.rva) + 1, "i", file.good.pe.OPTIONAL_HEADER.AddressOfEntryPoint - call.rva - 5)


# --- The core's sections

@case("core-sections", "names", "write-execute", words="there is no section .core")
def no_section_of_the_core(file):
    file.put(file.section_header(".core"), "8s", b".corn")


def core_instruction(file, wanted: Callable):
    core = file.section(".core")
    return next(i for i in code_of(file.good).between(core.begin, core.end) if wanted(i))


@case("core-closed", words="leaves the core: callq")
def call_of_the_host(file):
    call = core_instruction(file, lambda i: i.is_call and i.target in file.section(".core") and i.size == 5)
    file.put(file.offset(call.rva) + 1, "i", file.section(".text").begin - call.rva - 5)


@case("core-closed", words="refers to")
def data_of_the_host(file):
    lea = core_instruction(file, lambda i: i.takes_address and i.operand in file.section(".cdata") and i.size == 7)
    file.put(file.offset(lea.rva) + 3, "i", file.section(".data").begin - lea.rva - 7)


@case("core-closed", words="the core's constant at")
def pointer_to_the_host(file):
    _, at = relocation(file, lambda at: at in file.section(".cdata") and file.good.pointer(at) in file.section(".cdata"))
    file.poke(at, (file.good.base + file.section(".rdata").begin).to_bytes(8, "little"))


@case("core-indirect", words="goes where a pointer says: callq *%rax")
def call_through_a_pointer(file):
    call = core_instruction(file, lambda i: i.is_call and i.target in file.section(".core") and i.size == 5)
    file.poke(call.rva, bytes.fromhex("ffd0 0f1f00"))


@case("core-vectors", words="movaps %xmm0, %xmm1")
def vector_register(file):
    call = core_instruction(file, lambda i: i.is_call and i.target in file.section(".core") and i.size == 5)
    file.poke(call.rva, bytes.fromhex("0f28c8 6690"))


# --- What the build leaves

@case("reproducible", words="time stamps differ")
def time_of_linking(file):
    file.put(file.header + 4, "I", 1_600_000_000)


@case("symbols", words="the driver wants")
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
