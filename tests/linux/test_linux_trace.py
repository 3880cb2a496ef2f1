# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir trace` under Debian's kernel: what its own programs do, and nothing left over when it ends, is killed, or loses Nadir."""

from __future__ import annotations

import json

import pytest

from . import guest

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("linux-trace")]

# IA32_KERNEL_GS_BASE isn't switched by VM exits, IA32_FS_BASE is; the kernel writes both whenever it switches between programs.
SCRIPT = """
load watchdog=1
section off; nadir trace cpuid 2>&1; echo status $?
nadir on > /dev/null
before=$(parameter allocated)
section refused; nadir trace wrmsr --msr debugctl 2>&1; echo status $?
section cpuid; nadir trace cpuid --count 50 --json > /tmp/cpuid & sleep 1
nadir status > /dev/null; nadir status > /dev/null; nadir status > /dev/null; sleep 1; kill -INT $!; wait; cat /tmp/cpuid
section words; nadir trace wrmsr rdmsr --count 30 > /tmp/words & sleep 1; request state > /dev/null; sleep 2; kill -INT $!; wait; cat /tmp/words
section second; nadir trace wrmsr > /tmp/killed & sleep 1
nadir trace cpuid 2>&1; echo status $?
section killed; kill -9 $!; wait; sleep 1; nadir trace cpuid --count 1 > /dev/null; echo status $?
echo allocated $(($(parameter allocated) - before))
section left; nadir stats --json; sh -c 'nadir status > /dev/null; sleep 1'; echo; echo ----; nadir stats --json
section hotplug; nadir trace cpuid --count 400 --json > /tmp/hotplug & sleep 1
echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online
nadir status > /dev/null; nadir status > /dev/null; kill -INT $!; wait; cat /tmp/hotplug
section over; nadir trace cpuid > /tmp/over 2>&1 & sleep 1; nadir off > /dev/null; wait; tail -n 2 /tmp/over
section end-state; nadir status
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("trace"), SCRIPT, programs=("request", "nadir"))


def events(boot, section: str) -> list[dict]:
    return [json.loads(line) for line in boot[section] if line.startswith("{")]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_off(boot):
    assert boot["off"] == ["nadir: Nadir is off: there are no events.", "`nadir on` starts it.", "status 1"]


def test_what_cannot_be_watched(boot):
    assert "MSR 0x1d9 can't be watched" in boot.text("refused").lower().replace("msr", "MSR") and boot["refused"][-1] == "status 1"


def test_cpuid(boot):
    found = events(boot, "cpuid")
    assert len([one for one in found if "event" in one]) == 50
    assert {one["event"] for one in found} == {"cpuid"}
    assert {3} <= {one["privilege_level"] for one in found}, "the command's own"
    assert [one["ticks"] for one in found if one["processor"] == 0] == sorted(
        one["ticks"] for one in found if one["processor"] == 0)


def test_msrs_in_words(boot):
    assert len([line for line in boot["words"] if " cpu " in line]) == 30
    assert all(" wrmsr " in line or " rdmsr " in line or " lost" in line for line in boot["words"]), boot.text("words")


def test_one_at_a_time(boot):
    assert boot["second"][0].startswith("nadir: Somebody has the events already"), boot.text("second")
    assert boot["second"][-1] == "status 1"


def test_a_killed_one_leaves_nothing(boot):
    assert boot["killed"][0] == "status 0", "the events are free again"
    assert boot["killed"][1] == "allocated 0"


def test_no_exit_is_left_over(boot):
    before, after = (json.loads(text) for text in boot.text("left").split("----"))

    def writes(statistics):
        return [exit["count"] for one in statistics["processors"] for exit in one["exits"] if exit["name"] == "WRMSR"]
    assert writes(before) and writes(before) == writes(after), "the kernel has switched between programs meanwhile"


def test_a_processor_that_comes_takes_part(boot):
    found = events(boot, "hotplug")
    assert {one["processor"] for one in found} == {0, 1}


def test_turned_off_meanwhile(boot):
    assert boot["over"] == ["nadir: Nadir was turned off meanwhile.", "`nadir on` starts it."]
    assert "off" in boot["end-state"][0]
