# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""arch/ against constants that we did not write: the Linux headers of this machine, parsed here and now."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

import linux_headers
from linux_bits import BITS
from linux_names import CPUID, CPUID_WORDS, EXIT_REASONS, MSRS, VMCS

FOLDER = linux_headers.folder()
HEADERS = ("asm/vmx.h", "asm/vmxfeatures.h", "uapi/asm/vmx.h", "asm/msr-index.h", "asm/cpufeatures.h",
           "uapi/asm/processor-flags.h", "uapi/asm/debugreg.h", "asm/trapnr.h", "asm/trap_pf.h")

pytestmark = [
    pytest.mark.skipif(FOLDER is None, reason="no Linux headers in /usr/src (package linux-headers-amd64)"),
    pytest.mark.xdist_group("arch_definitions"),
]


@pytest.fixture(scope="module")
def linux() -> dict[str, int]:
    return linux_headers.Constants(*(FOLDER / header for header in HEADERS if (FOLDER / header).is_file())).values


@pytest.fixture(scope="module")
def ours(root, tmp_path_factory) -> dict:
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++-16")
    program = tmp_path_factory.mktemp("arch") / "dump_definitions"
    subprocess.run([compiler, "-std=c++20", "-x", "c++", f"-I{root}", "-o", program,
                    root / "tests/unit/arch/dump_definitions.cxx"], check=True, timeout=300)
    return json.loads(subprocess.run([program], check=True, capture_output=True, text=True, timeout=60).stdout)


@pytest.fixture(scope="module")
def definitions(ours) -> dict[str, dict]:
    return {definition["name"]: definition for definition in ours["definitions"]}


def vmcs_name(name: str) -> str:
    """Our name of a Linux VMCS enumerator."""
    name = name.lower().replace("_ia32_", "_").replace("_ar_bytes", "_access_rights").replace("pdptr", "pdpte")
    return VMCS.get(name, name)


def test_every_vmcs_field(linux, definitions):
    names = linux_headers.enumerators(FOLDER / "asm/vmx.h", "vmcs_field")
    names = [name for name in names if not name.endswith("_HIGH")]
    assert len(names) > 140
    wrong = {}
    for name in names:
        field = definitions.get(vmcs_name(name))
        if field is None or field["kind"] != "VMCS field" or field["number"] != linux[name]:
            wrong[name] = (hex(linux[name]), field and hex(field["number"]))
    assert not wrong


def test_high_halves_are_the_next_encoding(linux, definitions):
    names = linux_headers.enumerators(FOLDER / "asm/vmx.h", "vmcs_field")
    names = [name for name in names if name.endswith("_HIGH")]
    assert len(names) > 30
    for name in names:
        field = definitions[vmcs_name(name.removesuffix("_HIGH"))]
        assert (field["number"] + 1, field["bits"]) == (linux[name], 64), name


def test_msr_numbers(linux, definitions):
    compared = 0
    for name, number in linux.items():
        ours = MSRS.get(name, name.lower().removeprefix("msr_") if name.startswith("MSR_IA32_") else None)
        if ours in definitions and definitions[ours]["kind"] == "MSR":
            assert definitions[ours]["number"] == number, name
            compared += 1
    assert compared > 130
    assert not [name for name, ours in MSRS.items() if ours not in definitions]


@pytest.mark.parametrize("definition", sorted(BITS))
def test_bits(linux, definitions, definition):
    """Constants that an older or newer kernel doesn't have are left out, but not more than a third of them."""
    fields = definitions[definition]["fields"]
    known = {field: constant for field, constant in BITS[definition].items() if constant in linux}
    assert len(known) * 3 >= len(BITS[definition]) * 2, "the headers have changed their names"
    wrong = {}
    for field, constant in known.items():
        high, low = fields[field]
        mask = ((1 << (high - low + 1)) - 1) << low
        if mask != linux[constant]:
            wrong[field] = (hex(mask), constant, hex(linux[constant]))
    assert not wrong


def test_vpid_capabilities(linux, definitions):
    """Linux keeps the upper half of the register in a variable of its own."""
    fields = definitions["ia32_vmx_ept_vpid_cap"]["fields"]
    for field, constant in {"invvpid": "VMX_VPID_INVVPID_BIT",
                            "invvpid_individual_address": "VMX_VPID_EXTENT_INDIVIDUAL_ADDR_BIT",
                            "invvpid_single_context": "VMX_VPID_EXTENT_SINGLE_CONTEXT_BIT",
                            "invvpid_all_context": "VMX_VPID_EXTENT_GLOBAL_CONTEXT_BIT",
                            "invvpid_single_retaining_globals": "VMX_VPID_EXTENT_SINGLE_NON_GLOBAL_BIT"}.items():
        assert 1 << (fields[field][1] - 32) == linux[constant], field


def test_default1_classes(linux, ours):
    assert ours["default1"] == {
        "pin_controls": linux["PIN_BASED_ALWAYSON_WITHOUT_TRUE_MSR"],
        "primary_controls": linux["CPU_BASED_ALWAYSON_WITHOUT_TRUE_MSR"],
        "exit_controls": linux["VM_EXIT_ALWAYSON_WITHOUT_TRUE_MSR"],
        "entry_controls": linux["VM_ENTRY_ALWAYSON_WITHOUT_TRUE_MSR"],
    }


def test_every_exit_reason(linux, ours):
    reasons = {name: number for name, number in linux.items() if name.startswith("EXIT_REASON_")}
    assert len(reasons) > 55
    wrong = {}
    for name, number in reasons.items():
        short = name.removeprefix("EXIT_REASON_").lower()
        if ours["exit_reasons"].get(EXIT_REASONS.get(short, short)) != number:
            wrong[name] = number
    assert not wrong


def test_every_instruction_error(linux, ours):
    errors = {number for name, number in linux.items() if name.startswith("VMXERR_")}
    assert len(errors) > 20
    assert errors == {int(number) for number in ours["instruction_errors"]}


def test_exception_vectors(linux, ours):
    names = {"XF": "#XM", "NMI": "NMI", "OLD_MF": "coprocessor segment overrun"}
    compared = 0
    for name, number in linux.items():
        short = name.removeprefix("X86_TRAP_")
        ours_there = ours["vectors"].get(str(number))
        if name.startswith("X86_TRAP_") and short not in ("SPURIOUS", "VC", "IRET"):
            assert ours_there == names.get(short, f"#{short}"), name
            compared += 1
    assert compared >= 20


def test_cpuid_features(linux, definitions):
    """Where both have a name for a bit it is the same feature; a bit that Linux names and we don't is AMD's."""
    registers = {(entry["number"], entry["sub_leaf"], ("eax", "ebx", "ecx", "edx")[entry["output"]]): entry["fields"]
                 for entry in definitions.values() if entry["kind"] == "CPUID leaf"}
    compared, wrong = 0, {}
    for name, position in linux.items():
        word, bit = divmod(position, 32)
        if not name.startswith("X86_FEATURE_") or word not in CPUID_WORDS:
            continue
        short = name.removeprefix("X86_FEATURE_").lower()
        there = [field for field, (high, low) in registers[CPUID_WORDS[word]].items() if high == low == bit]
        if there and there != [CPUID.get(short, short)]:
            wrong[name] = there
        compared += bool(there)
        if not there and word not in (0, 1, 6, 13):
            wrong[name] = "nothing of ours"
    assert not wrong
    assert compared > 150
