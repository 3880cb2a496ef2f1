# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A mistake of root mode's own ends in a report on COM1, not in a reset; the other processors go on."""

import pytest

from .host import boot, expect_ok

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
