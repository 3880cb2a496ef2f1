# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Events of what leads out of a program: I/O instructions, exceptions, interrupts, system calls; a guest doesn't notice."""

from __future__ import annotations

import re

import pytest

from .host import boot, expect_ok, matching
from .watched import expect_nothing_noticed, expect_nothing_noticed_outside_of_long_mode

IO, EXCEPTION, INTERRUPT, SYSTEM_CALL = range(11, 15)
ALL = 1 << IO | 1 << EXCEPTION | 1 << INTERRUPT | 1 << SYSTEM_CALL
ADVANCED, RETRIED = 1, 2
IN, STRING, REP = 8, 0x10, 0x20
HARDWARE, INT1, SOFTWARE, HAS_CODE = 3 << 8, 5 << 8, 6 << 8, 0x800
RING = 1023
STORM = 2000
NOT_MAPPED = 0xFFFFFFFF00000000

EXPECTED = [
    (IO, 0x80, 1, 0x12, ADVANCED),
    (IO, 0x83, 2, 0x1415, ADVANCED),  # its second byte is watched
    (IO, 0x85, 2, 0x1617, ADVANCED),
    (IO, 0x80, 1 | IN, 0x12, ADVANCED),
    *[(IO, 0x80, 1 | STRING | REP, 0, RETRIED)] * 3,
    (EXCEPTION, 6 | HARDWARE, 0, 0, RETRIED),
    (EXCEPTION, 3 | SOFTWARE, 0, 0, RETRIED),
    (EXCEPTION, 1 | INT1, 0, 0, RETRIED),
    (EXCEPTION, 14 | HARDWARE | HAS_CODE, 2, NOT_MAPPED, RETRIED),
    (EXCEPTION, 0 | HARDWARE, 0, 0, RETRIED),
    (INTERRUPT, 0x40, 0, 0, RETRIED),
    (SYSTEM_CALL, 0x1001, 0x2002, 0x3003, ADVANCED),
    (EXCEPTION, 6 | HARDWARE, 0, 0, RETRIED),  # SYSCALL while the guest has turned it off
]


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 1)])
def test_what_is_asked_for_and_nothing_else(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, "test=traffic log=error", model=model, processors=processors))
    for number in range(processors):
        found = []
        for line in matching(run, f"event of processor {number}: "):
            kind, words, outcome, level = re.search(r"kind (\d+) words (.*) outcome (\d+) level (\d+)", line).groups()
            assert level == "0", line
            found.append((int(kind), *(int(word, 16) for word in words.split()), int(outcome)))
        assert found == EXPECTED, run.tail()
        assert f"storm of processor {number}: events {RING} lost {STORM - RING}" in run.lines, run.tail()


@pytest.mark.parametrize("model, processors, kinds", [
    ("corei7_skylake_x", 2, ALL), ("tigerlake", 1, ALL),
    ("corei7_skylake_x", 1, 1 << INTERRUPT), ("corei7_skylake_x", 1, 1 << SYSTEM_CALL)])
def test_a_watched_guest_does_not_notice(tmp_path, model, processors, kinds):
    expect_nothing_noticed(tmp_path, kinds, model, processors)


def test_watched_outside_of_long_mode(tmp_path):
    expect_nothing_noticed_outside_of_long_mode(tmp_path, ALL)
