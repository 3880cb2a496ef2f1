# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Bare, virtualised, bare again: control, debug and descriptor registers, selectors, limits and MSRs are the same."""

import pytest

from . import guest
from emulator.bochs import Machine

pytestmark = pytest.mark.xdist_group("linux-registers")

# enum nadir_step: the first three are taken once, the others on each processor.
ANY = 0xFFFFFFFF
FAILURES = [(step, processor) for step in range(1, 14) for processor in ((ANY,) if step < 4 else (0, 1))]

SCRIPT = f"""
insmod /lib/modules/nadir_snapshot.ko
snapshot bare0; snapshot bare
load
section undisturbed; changes bare0 bare
section size; wc -l < /tmp/bare; grep -c 'GDT\\[' /tmp/bare; grep cpu0 /tmp/bare
section on; request on
snapshot during
section during; changes bare during
section off; request off
snapshot after
section after; changes bare after
for failure in {" ".join(f"{step}:{processor}" for step, processor in FAILURES)}; do
    step=${{failure%:*}}; processor=${{failure#*:}}
    before=$(parameter allocated)
    section "failure $step $processor"
    request fail_step=$step fail_processor=$processor on state
    snapshot failed; changes bare failed
    echo "left behind: $(($(parameter allocated) - before))"
    request off > /dev/null
done
section again; request on state off
snapshot last
section last; changes bare last
finish
"""


@pytest.fixture(scope="module", params=[
    "corei7_skylake_x", "corei7_sandy_bridge_2600k", "corei7_icelake_u"])
def boot(request, tmp_path_factory):
    machine = Machine(model=request.param, processors=2)
    return guest.boot(tmp_path_factory.mktemp("registers"), SCRIPT, machine=machine)


def test_machine_runs_on(boot):
    guest.assert_quiet(boot, vmx_failures=True)


def test_snapshots_of_an_undisturbed_machine_are_the_same(boot):
    assert int(boot["size"][0]) > 150 and int(boot["size"][1]) >= 32
    assert boot["undisturbed"] == ["none"]


def test_the_guest_sees_the_same_registers(boot):
    assert boot.report("on", "on")["status"] == 0
    assert boot["during"] == ["none"]


def test_off_leaves_the_machine_as_it_was(boot):
    assert boot.report("off", "off")["status"] == 0
    assert boot["after"] == ["none"]


@pytest.mark.parametrize("step, processor", FAILURES)
def test_a_failed_start_leaves_the_machine_as_it_was(boot, step, processor):
    section = f"failure {step} {processor}"
    report = boot.report(section, "on")
    if report["status"] == 0:
        pytest.fail(f"step {step} did not fail: {boot[section]}")
    assert report["step"] == step
    if processor != ANY:
        assert report["processor"] == processor
    assert report.text
    assert boot.report(section, "state")["on"] == 0
    assert boot[section][-2] == "none", "registers that changed"
    assert boot[section][-1] == "left behind: 0"


def test_it_still_starts_after_all_that(boot):
    assert boot.report("again", "on")["status"] == 0
    assert boot.report("again", "state")["on"] == 2
    assert boot.report("again", "off")["status"] == 0
    assert boot["last"] == ["none"]
