# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Starting and stopping on the bare machine: the emulator sees the guest, and the guest sees no difference."""

import re

import pytest

from emulator.debugger import stops_of

from .host import MODELS, boot, expect_ok, matching

QUICK = ("corei7_skylake_x",)
CASES = [pytest.param(model, processors, marks=[pytest.mark.quick] if model in QUICK else [])
         for model in MODELS for processors in (1, 2, 4)] + [("corei7_skylake_x", 8)]


@pytest.mark.parametrize("model, processors", CASES)
def test_start_and_stop(tmp_path, model, processors):
    # The program stops before the start, on each processor in turn while Nadir is active, and after the end.
    stops = 2 + processors
    run = expect_ok(boot(tmp_path, "test=onoff log=debug", model=model, processors=processors, magic_break=True,
                         commands=stops_of(processors, stops)))
    assert len(run.stops) == stops, run.tail()
    before, *during, after = run.stops
    numbers = range(processors)
    for stop in (before, after):
        assert not any(stop.in_vmx(number) for number in numbers)
    for stop in during:
        assert all(stop.in_vmx(number) for number in numbers)
        assert stop.in_guest(stop.processor)
    assert [stop.processor for stop in during] == list(numbers)
    for title in ("during", "after"):
        assert f"diff {title}: 0 differences on {processors} processors" in run.lines
    for number in numbers:
        assert matching(run, f"processor {number}: active 1, 1000 rounds of CPUID")
        # Basic exit reason 10 is CPUID: the thousand of the loop, and what the snapshots and the start need.
        (line,) = matching(run, f"processor {number}: state")
        exits = dict(part.strip("[]").split("]=") for part in line.split() if part.startswith("["))
        assert int(exits["10"]) >= 1000


@pytest.mark.quick
def test_memory_that_a_host_gives_may_hold_anything(tmp_path):
    run = expect_ok(boot(tmp_path, "test=onoff dirty log=debug", processors=2))
    assert "diff during: 0 differences on 2 processors" in run.lines
    assert "diff after: 0 differences on 2 processors" in run.lines
    clean = expect_ok(boot(tmp_path, "test=onoff log=debug", processors=2))
    said = [[line for line in matching(one, "processor ") if "enter" in line] for one in (run, clean)]
    assert [re.sub(r"(enter|leave) \d+", r"\1", line) for line in said[0]] == [
        re.sub(r"(enter|leave) \d+", r"\1", line) for line in said[1]]


def test_a_processor_that_is_off_stays_off(tmp_path):
    run = expect_ok(boot(tmp_path, "test=onoff processors=2", processors=3))
    assert "nadir: bare host, 2 of 3 processors" in run.serial
    assert matching(run, "state: active 1 processors_on 2 of 3"), run.tail()
