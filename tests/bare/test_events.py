# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Events: what is asked for and nothing else, losses counted, no exit left over; and a guest that is watched doesn't notice."""

from __future__ import annotations

import re

import pytest

from .host import boot, expect_ok, matching
from .watched import expect_nothing_noticed, expect_nothing_noticed_outside_of_long_mode

CPUID, RDMSR, WRMSR, XSETBV, VMX = range(5)
ADVANCED, RAISED_UD, RAISED_GP = 1, 3, 4
CSTAR, EFER, REFUSED = 0xC0000083, 0xC0000080, 0x12345678
RING = 1023
STORM = 5000
ALL = (1 << 15) - 1


def events_of(run, processor: int) -> list[dict]:
    found = []
    for line in matching(run, "event "):
        number, owner, kind, words, outcome, level, sane = re.fullmatch(
            r"event (\d+) of processor (\d+): kind (\d+) words (.*) outcome (\d+) level (\d+) cr3 (\d)", line).groups()
        assert sane == "1" and level == "0", line
        if int(owner) == processor:
            assert int(number) == len(found), line
            found.append((int(kind), *(int(word, 16) for word in words.split()), int(outcome)))
    return found


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 1)])
def test_what_is_asked_for_and_nothing_else(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, "test=events dirty log=error", model=model, processors=processors))
    for number in range(processors):
        events = events_of(run, number)
        xsetbv = [event for event in events if event[0] == XSETBV]
        assert all(event[1] == 0 and event[4] == ADVANCED for event in xsetbv)
        leaf_0, leaf_4, *rest = [event for event in events if event[0] != XSETBV]
        assert (leaf_0[0], leaf_0[1], leaf_0[4]) == (CPUID, 0, ADVANCED)
        vendor = b"".join((leaf_0[word] >> shift & 0xFFFFFFFF).to_bytes(4, "little") for word, shift in ((2, 32), (3, 32), (3, 0)))
        assert vendor == b"GenuineIntel"
        assert (leaf_4[0], leaf_4[1]) == (CPUID, 4 | 2 << 32)
        efer, *rest = rest
        assert (efer[0], efer[1], efer[4]) == (RDMSR, EFER, ADVANCED) and efer[2] & 0x500 == 0x500
        assert rest == [
            (WRMSR, CSTAR, 0x123456789ABC, 0, ADVANCED),
            (RDMSR, CSTAR, 0x123456789ABC, 0, ADVANCED),
            (WRMSR, CSTAR, 1 << 63, 0, RAISED_GP),
            (RDMSR, REFUSED, 0, 0, RAISED_GP),
            (VMX, 18, 0, 0, RAISED_UD),
            (VMX, 26, 0, 0, RAISED_UD),
            (WRMSR, CSTAR, 0, 0, ADVANCED),
        ]
        assert f"storm of processor {number}: events {RING} lost {STORM - RING}" in run.lines, run.tail()
    assert "gone and come: 2 events, lost 0" in run.lines, run.tail()
    (line,) = matching(run, "switched MSRs: ")
    tries, refused, different = map(int, re.findall(r"(\d+) \w+", line))
    assert tries > 60 and refused > 20 and different == 0 and line.endswith(", all have events"), line


@pytest.mark.parametrize("model, processors", [
    ("corei7_skylake_x", 2), ("tigerlake", 1)])
def test_a_watched_guest_does_not_notice(tmp_path, model, processors):
    expect_nothing_noticed(tmp_path, ALL, model, processors)


def test_watched_outside_of_long_mode(tmp_path):
    expect_nothing_noticed_outside_of_long_mode(tmp_path, ALL)
