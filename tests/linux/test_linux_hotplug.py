# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Processors that come and go while Nadir is on, or that are away when it starts."""

import pytest

from . import guest

pytestmark = pytest.mark.xdist_group("linux-hotplug")

SCRIPT = """
insmod /lib/modules/nadir_snapshot.ko
cpu1=/sys/devices/system/cpu/cpu1/online
snapshot bare
load
section away-at-start
echo 0 > $cpu1; nproc
request on state statistics
section comes
echo 1 > $cpu1; nproc
request state statistics
taskset 2 md5sum /init > /tmp/sum1; taskset 1 md5sum /init | cmp - /tmp/sum1 && echo same
section goes
echo 0 > $cpu1; nproc
request state statistics
section cycles
for i in 1 2 3 4 5; do echo 1 > $cpu1; echo 0 > $cpu1; done
echo 1 > $cpu1; request state
section off; request off state; nproc
snapshot after; section changes; changes bare after
section again; request on; echo 0 > $cpu1; request off; echo 1 > $cpu1; request state on off
section refused
request fail_step=7 fail_processor=1 on
echo 0 > $cpu1; request fail_step=7 fail_processor=1 on state; echo 1 > $cpu1; echo status $?; nproc; request state off
echo 1 > $cpu1; nproc
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("hotplug"), SCRIPT)


def states(boot, section):
    return [s["state"] for s in boot.reports(section, "statistics")]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_a_processor_away_at_start(boot):
    assert boot["away-at-start"][0] == "1"
    assert boot.report("away-at-start", "on")["status"] == 0
    assert boot.reports("away-at-start", "state")[0]["on"] == 1
    assert states(boot, "away-at-start") == [2, 1]


def test_a_processor_that_comes_is_virtualised(boot):
    assert boot["comes"][0] == "2"
    assert boot.reports("comes", "state")[0]["on"] == 2
    assert states(boot, "comes") == [2, 2]
    assert boot["comes"][-1] == "same"


def test_a_processor_that_goes_leaves(boot):
    assert boot["goes"][0] == "1"
    assert boot.reports("goes", "state")[0]["on"] == 1
    assert states(boot, "goes") == [2, 1]


def test_again_and_again(boot):
    assert boot.report("cycles", "state")["on"] == 2


def test_off_afterwards(boot):
    assert boot.report("off", "off")["status"] == 0
    assert boot["off"][-1] == "2"
    assert boot["changes"] == ["none"]


def test_off_with_a_processor_away(boot):
    assert all(report["status"] == 0 for report in boot.reports("again", "off"))
    assert boot.report("again", "state")["on"] == 0


def test_a_processor_that_cannot_enter_is_not_let_in(boot):
    everyone, alone = boot.reports("refused", "on")
    assert everyone["status"] == 32 and everyone["processor"] == 1, "VMXON has to fail"
    assert alone["status"] == 0
    assert [line for line in boot["refused"] if line.startswith("status") or len(line) == 1] == ["status 1", "1", "2"]
    assert [state["on"] for state in boot.reports("refused", "state")] == [1, 1]
