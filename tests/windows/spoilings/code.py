# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Mistakes in the code."""

from __future__ import annotations

from typing import Callable

from check_driver.code import code_of
from windows.spoilings.case import case, relocation


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
