# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""NMIs, interrupts and timers in a storm of exits: each that was sent arrives once, also where Nadir is turned on and off.

A short run of what tests/guest/README.md says how to run for an hour.
"""

import re

import pytest

from emulator import fastboot

from .host import boot, boot_kernel, expect_fail, expect_ok, guest, matching

SENT = re.compile(r"storm: processor (\d+): (NMIs|interrupts|timer interrupts) (\d+) sent, (\d+) arrived")


def events(run, processors):
    """What was sent to each processor, of each kind; everything has arrived."""
    found = {}
    for line in matching(expect_ok(run), "storm: "):
        processor, kind, sent, arrived = SENT.fullmatch(line).groups()
        assert sent == arrived, line
        found[int(processor), kind] = int(sent)
    assert len(found) == 3 * processors and min(found.values()) > 0, found
    return found


@pytest.mark.parametrize("model, processors, cycles", [
    pytest.param("corei7_skylake_x", 2, 8, marks=pytest.mark.quick), ("tigerlake", 4, 1)])
def test_turned_on_and_off_in_a_storm(tmp_path, model, processors, cycles):
    run = boot(tmp_path, f"test=soak cycles={cycles} log=error", model=model, processors=processors, timeout=120)
    events(run, processors)
    assert f"diff after: 0 differences on {processors} processors" in run.lines
    (line,) = matching(run, "soak: ")
    assert int(re.search(r"(\d+) seen by root mode", line)[1]) > 0, "the storm was too weak to hit root mode"


@pytest.mark.quick
@pytest.mark.parametrize("run", ("bare", "virtualised"))
def test_a_storm_in_the_guest(tmp_path, run):
    line = "below=64 soak count=2"
    if run == "bare":
        done = boot_kernel(tmp_path, guest("conformance.elf"), line, processors=2)
    else:
        done = boot(tmp_path, "log=error", [fastboot.Module(guest("conformance.elf"), line)], processors=2)
    events(done, 2)


def test_the_storm_alone(tmp_path):
    """On the bare emulator: what fails there isn't Nadir's."""
    events(boot(tmp_path, "test=soak bare cycles=8", processors=2), 2)


@pytest.mark.quick
@pytest.mark.parametrize("test", ("cycles", "hostile", "soak"))
def test_nothing_done_is_no_success(tmp_path, test):
    run = expect_fail(boot(tmp_path, f"test={test} cycles=0"))
    assert "@@ result fail: give cycles=1 or more: with 0 there is nothing to do" in run.lines, run.tail()
