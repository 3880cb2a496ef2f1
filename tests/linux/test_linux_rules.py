# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir set` on a running Linux: what programs and the kernel see of rules on both processors, and an attacker who clears SMEP."""

import json
import re

import pytest

from emulator import debian

from . import guest

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("linux-rules")]

# Nobody but the msr module writes IA32_TSC_AUX (C0000103H) once Linux is up. MSR 12345H is none; the emulator reads such as 0.
SCRIPT = """
load; insmod /lib/modules/msr.ko; insmod /lib/modules/nadir_pins.ko
pins() { dmesg -c | grep -oE 'nadir_pins: .*'; }
off() { nadir set $@ 2>&1; echo status $?; }
section off; off; off cr4 pin SMEP
section on; request on; parameter allocated
section wrong; off msr ia32_lstra write=refuse; off msr ia32_gs_base write=refuse; off cr4 pin PAE; off remove 1
section plain; rules cpuid 0x80000000; rules read 0x12345; rules write 0xC0000103 0x777; rules read 0xC0000103
pins > /dev/null; rules execute 1; pins
section set
nadir set cpuid 80000000 ebx=0x6964614e 'ecx|=0x100'
nadir set msr 0x12345 read=0x1122334455667788
nadir set msr ia32_tsc_aux write=refuse
nadir set cr4 pin SMEP SMAP
section ruled; rules cpuid 0x80000000; rules read 0x12345; rules write 0xC0000103 0x888; rules read 0xC0000103
rules clear 0; pins; rules clear 1; pins
section hotplug; echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online
rules cpuid 0x80000000; pins > /dev/null
section real; nadir dump --cpu 1 | grep -iE '^ *"?guest_cr4|^ *"?cr4_read_shadow'
section counted; nadir set --json
section fault; nadir set remove 5 > /dev/null; nadir set cr4 pin SMEP =fault; rules clear 0; pins
section cleared; nadir set clear; rules cpuid 0x80000000; rules read 0x12345; rules write 0xC0000103 0x999; rules clear 0; pins
parameter allocated
section killed; nadir set cr4 pin SMEP > /dev/null; rules execute 1; pins
section end-of-all; request off; off
dmesg -c > /dev/null
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    modules = [debian.kernel().module("msr"), guest.helper_module("pins")]
    return guest.boot(tmp_path_factory.mktemp("rules"), SCRIPT, programs=("request", "nadir", "rules"), modules=modules,
                      append="nopti")


def lines(boot, section: str, start: str) -> list[str]:
    return [line for line in boot[section] if line.startswith(start)]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_without_nadir(boot):
    assert boot.text("off").count("Nadir is off") == 2 and boot["off"].count("status 6") == 2


def test_what_is_wrong_is_said_and_changes_nothing(boot):
    text = boot.text("wrong")
    assert 'Did you mean "ia32_lstar"' in text and "each switch between tasks writes it" in text
    assert "UMIP, SMEP, SMAP and TSD" in text and "there is no rule 1" in text
    assert [line for line in boot["wrong"] if line.startswith("status")] == ["status 2", "status 1", "status 1", "status 1"]


def test_the_same_program_without_rules(boot):
    assert all(line.endswith(" 0 0 0") for line in lines(boot, "plain", "cpuid "))
    assert lines(boot, "plain", "read ") == ["read 0: done 0", "read 1: done 0", "read 0: done 777", "read 1: done 777"]
    assert "SMEP was 1, clearing it worked, it is 0" in boot.text("plain")
    assert "the user's code was executed" in boot.text("plain"), "or else SMEP isn't what stops it below"


@pytest.mark.parametrize("section", ["ruled", "hotplug"])
def test_cpuid_on_every_processor(boot, section):
    assert [re.sub(r": \w+", ":", line) for line in lines(boot, section, "cpuid ")] == [
        "cpuid 0: 6964614e 100 0", "cpuid 1: 6964614e 100 0"]


def test_msrs_on_every_processor(boot):
    value = "1122334455667788"
    assert lines(boot, "ruled", "read ") == [f"read 0: done {value}", f"read 1: done {value}", "read 0: done 777", "read 1: done 777"]
    assert lines(boot, "ruled", "write ") == ["write 0: EIO 888", "write 1: EIO 888"]


def test_a_pinned_bit_only_seems_to_be_cleared(boot):
    assert lines(boot, "ruled", "nadir_pins") == [
        f"nadir_pins: processor {number}: SMEP was 1, clearing it worked, it is 0" for number in (0, 1)]


def test_clearing_faults_where_that_was_asked_for(boot):
    assert lines(boot, "fault", "nadir_pins") == ["nadir_pins: processor 0: SMEP was 1, clearing it faulted, it is 1"]


def test_smep_holds_against_who_cleared_it(boot):
    assert "nadir_pins: processor 1: SMEP was 1, clearing it worked, it is 0" in boot["killed"]
    assert "supervisor instruction fetch in kernel mode" in boot.text("killed") and "Killed" in boot["killed"]
    assert "was executed" not in boot.text("killed")


def test_rules_count(boot):
    rules = {rule["rule"]: rule["answered"] for rule in json.loads(boot.text("counted"))["rules"]}
    assert list(rules) == ["cpuid 80000000 ebx=0x6964614e", "cpuid 80000000 ecx|=0x100",
                           "msr 0x12345 read=0x1122334455667788", "msr ia32_tsc_aux write=refuse", "cr4 pin smep smap"]
    assert rules["cpuid 80000000 ebx=0x6964614e"] >= 4
    assert rules["msr 0x12345 read=0x1122334455667788"] == 2
    assert rules["msr ia32_tsc_aux write=refuse"] >= 2 and rules["cr4 pin smep smap"] == 2


def test_nothing_is_left_of_them(boot):
    assert "There are no rules." in boot["cleared"]
    assert all(line.endswith(" 0 0 0") for line in lines(boot, "cleared", "cpuid "))
    assert lines(boot, "cleared", "read ") == ["read 0: done 0", "read 1: done 0"]
    assert lines(boot, "cleared", "write ") == ["write 0: done 999", "write 1: done 999"]
    assert boot["cleared"][-1] == boot["on"][-1], "memory"
    assert "Nadir is off" in boot.text("end-of-all")
