# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""VM entries that Linux's start of Nadir really fails in, each explained: on the spot, in the log, from the dump."""

import re

import pytest

from . import guest

pytestmark = pytest.mark.xdist_group("linux-entry-failure")

# A field of processor 1's VMCS and a value that it can't have; what the emulator calls it; the rule.
SPOILT = {
    "access-rights": ("guest_cs_access_rights", 0x4816, 0xA19B, "CS.AR/LIMIT malformed", "guest.cs.reserved"),
    "control": ("pin_controls", 0x4000, 0x96, "pin-based controls allowed 1-settings", "control.pin.reserved"),
    "base": ("guest_gs_base", 0x6810, 0x8880_3EC0_0000, "GS.BASE non canonical", "guest.gs.base"),
}

SCRIPT = "load\n" + "".join(f"""
section {name}-on; nadir on --fail-field {field:#x} --fail-value {value:#x} --fail-processor 1 2>&1; echo status $?
section {name}-status; nadir status
section {name}-log; nadir log --level error
section {name}-explain; nadir dump --failed > /tmp/{name}; nadir explain /tmp/{name}; echo status $?
section {name}-json; nadir explain --json /tmp/{name}
section {name}-dump; grep -v '^#' /tmp/{name}
""" for name, (_, field, value, _, _) in SPOILT.items()) + """
section on; nadir on; echo status $?
section live; nadir dump --cpu 0 > /tmp/live0; echo status $?; nadir explain /tmp/live0; echo status $?
section live-1; nadir dump --cpu 1 > /tmp/live1; echo status $?; nadir explain /tmp/live1; echo status $?
section no-failed; nadir dump --failed 2>&1; echo status $?
section diff; nadir diff /tmp/live0 /tmp/live1; echo status $?
section same; nadir diff /tmp/live0 /tmp/live0; echo status $?
section off; nadir off; echo status $?
section none; nadir dump --cpu 0 2>&1; echo status $?
rmmod nadir
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("entry-failure"), SCRIPT, programs=("nadir",))


def test_machine_runs_on(boot):
    guest.assert_quiet(boot, vmx_failures=True)
    assert "not given back" not in boot.text("log")


@pytest.mark.parametrize("name", SPOILT)
def test_refused_by_the_emulator_and_named_by_us(boot, name):
    _, _, _, emulators, rule = SPOILT[name]
    assert any(emulators in line and "[CPU1 " in line for line in boot.run.vmx_failures), boot.run.vmx_failures
    assert boot[f"{name}-on"][-1] == "status 1"
    assert f"Broken rule: {rule} (" in boot.text(f"{name}-on")
    assert f"this VM entry breaks a rule: {rule}: " in boot.text(f"{name}-log")
    assert any(f"nadir: processor 1: this VM entry breaks a rule: {rule}: " in line for line in boot["log"])


def test_no_other_entry_failed(boot):
    assert len(boot.run.vmx_failures) == len(SPOILT), boot.run.vmx_failures


@pytest.mark.parametrize("name", SPOILT)
def test_the_dump_has_what_was_spoilt(boot, name):
    field, _, value, _, _ = SPOILT[name]
    found = [line for line in boot[f"{name}-dump"] if line.startswith(f"{field} = ")]
    assert len(found) == 1 and int(re.match(r"\S+ = (0x[0-9a-f]+)", found[0])[1], 16) == value, found
    assert "source failed entry" in boot[f"{name}-dump"] and "processor 1" in boot[f"{name}-dump"]


@pytest.mark.parametrize("name", SPOILT)
def test_explained_from_the_dump(boot, name):
    field, _, value, _, rule = SPOILT[name]
    words = boot.text(f"{name}-explain")
    assert boot[f"{name}-explain"][-1] == "status 1"
    assert f"1. {rule}" in words and f"{field} = {value:#x}" in words
    assert "could not be checked" not in words, "everything is in the dump"


def test_a_live_vmcs_breaks_nothing(boot):
    for section in ("live", "live-1"):
        assert boot[section][0] == "status 0" and boot[section][-1] == "status 0", boot[section]
        assert "could not be checked" not in boot.text(section)
    assert "status 0" not in boot["no-failed"], "nothing failed since the last start"


def test_processors_differ(boot):
    assert boot["diff"][-1] == "status 1" and boot["same"][-1] == "status 0"
    assert any("host_rsp" in line for line in boot["diff"]), "each processor has a stack of its own"
    assert not any("msr_bitmap" in line for line in boot["diff"]), "they share the bitmap"


def test_after_off_there_is_none(boot):
    assert boot["off"][-1] == "status 0"
    assert boot["none"][-1] != "status 0" and len(boot.text("none")) > 30
