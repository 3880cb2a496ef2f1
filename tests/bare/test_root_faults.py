# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A mistake of root mode's own ends in a report on COM1, not in a reset; the other processors go on."""

import functools
import re
import struct

import pytest

from emulator import product

from .host import boot, expect_fail, expect_ok

# enum nadir_provocation, and the vector of the exception that each ends in. A stack overflow is a page fault, too: its
# handler has a stack of its own.
PROVOCATIONS = {1: 6, 2: 14, 3: 14, 4: 14, 5: 14}


@pytest.mark.quick
@pytest.mark.parametrize("provocation", PROVOCATIONS)
def test_a_fault_in_root_mode_is_reported(tmp_path, provocation):
    run = expect_ok(boot(tmp_path, f"test=root_fault provoke={provocation}", processors=2))
    report = f"fault in root mode: vector {PROVOCATIONS[provocation]},"
    assert any(line.startswith("nadir[001]") and report in line for line in run.lines), run.tail()
    assert any(line.startswith("log of processor 1:") and report in line for line in run.lines), run.tail()
    assert "VMCS of processor 1: source 3, complete" in run.lines, "what it left can be read by another"
    assert "processor 0 goes on: CPUID 16" in run.serial
    # The circumstances: registers, who called, the last exits, the guest.
    said = [line.removeprefix("nadir[001] ") for line in run.lines if line.startswith("nadir[001] ")]
    assert sum(line.startswith("root mode: R") for line in said) == 3
    callers = [int(number, 16) for line in said for number in re.findall(r"called from image\+(0x\w+)", line)]
    assert len(callers) >= 2 and all(follows_a_call(offset) for offset in callers)
    # Exit 0 is the confirming hypercall, 1 the one that asks for the mistake (its number in the upper half).
    exits = [line for line in said if line.startswith("VM exit ")]
    assert len(exits) == 2 and "VM exit 1: reason 18 (VMCALL), " in exits[1]
    assert f"detail {provocation << 32 | 8:#x}," in exits[1]
    assert any(line.startswith("guest: RSP ") for line in said)


@functools.cache
def image() -> bytes:
    """The loaded image, as the report counts: from the beginning of its code."""
    bits = product.bare_kernel().with_name("nadir64.elf").read_bytes()
    offset, size = struct.unpack_from("<QQ", bits, struct.unpack_from("<Q", bits, 32)[0] + 8)[0], 1 << 18
    return bits[offset:offset + size]


def follows_a_call(offset: int) -> bool:
    return image()[offset - 5] == 0xE8


@pytest.mark.quick
def test_a_fault_in_the_report_of_a_fault(tmp_path):
    run = expect_ok(boot(tmp_path, "test=root_fault provoke=9", processors=2))
    said = [line.removeprefix("nadir[001] ") for line in run.lines if line.startswith("nadir[001] ")]
    assert said[0].startswith("fault in root mode: vector 6,")
    assert said[-2].startswith("another fault, in the midst of this report: vector 6,")
    assert said[-1] == "this processor is stopped for good"
    assert not any(line.startswith("guest: ") for line in said)
    assert "VMCS of processor 1: source 3, incomplete" in run.lines
    assert "processor 0 goes on: CPUID 16" in run.serial


@pytest.mark.quick
def test_the_lock_of_a_processor_that_died_is_taken_over(tmp_path):
    run = expect_ok(boot(tmp_path, "test=root_fault provoke=10", processors=2))
    taken = "the lock of the EPT tables is taken over from processor 1, which was stopped while it held it"
    assert f"log of processor 0: {taken}" in run.lines, run.tail()
    assert "processor 0 goes on: CPUID 16" in run.serial


# What the emulator calls the rule, and what we call it.
ENTRIES = {6: ("RFLAGS[1]", "guest.rflags.reserved"), 7: ("vmexit controls", "exit-control.reserved")}


@pytest.mark.quick
@pytest.mark.parametrize("provocation", ENTRIES)
def test_an_entry_that_fails_later_is_explained(tmp_path, provocation):
    emulators, ours = ENTRIES[provocation]
    run = expect_ok(boot(tmp_path, f"test=root_fault provoke={provocation}", processors=2), vmx_failures=True)
    assert any(emulators in line and "[CPU1 " in line for line in run.vmx_failures), run.vmx_failures
    assert any("this processor is stopped for good" in line for line in run.lines), run.tail()
    explained = [line for line in run.lines if "this VM entry breaks a rule: " in line]
    assert any(f"breaks a rule: {ours}: " in line and line.startswith("log of processor 1:") for line in explained), run.tail()
    assert "VMCS of processor 1: source 3, complete" in run.lines
    assert "processor 0 goes on: CPUID 16" in run.serial


@pytest.mark.quick
@pytest.mark.parametrize("line", ("test=root_fault", "test=root_fault provoke=8", "test=recorder provoke=8", "test=recorder provoke=11"))
def test_a_mistake_of_which_no_processor_dies_is_refused(tmp_path, line):
    run = expect_fail(boot(tmp_path, line, processors=2))
    assert "@@ result fail: give provoke=1 to 10, but 8 (a hang) to test=watchdog" in run.serial, run.tail()
