# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Rules: what they answer on each processor, that they count, and that events and rules don't end each other."""

import re

import pytest

from .host import boot, expect_ok, matching

ADVANCED, RAISED_GP = 1, 4
RDMSR, RULE = 1, 17
LEAF, NO_MSR, CSTAR, STAR = 0x80000000, 0x12345678, 0xC0000083, 0xC0000081


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("corei7_sandy_bridge_2600k", 1)])
def test_what_rules_answer(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, "test=rules log=error", model=model, processors=processors))
    answered = [int(number) for line in matching(run, "rule ") for number in re.findall(r"answered (\d+)", line)]
    # Two CPUIDs of the leaf, one of its subleaf; each other instruction once: on each processor.
    assert answered == [times * processors for times in (2, 2, 1, 1, 1, 1, 1, 1)], run.tail()
    (words,) = matching(run, "refused: ")
    assert "each switch between tasks writes it" in words


def test_an_event_for_each_answer(tmp_path):
    run = expect_ok(boot(tmp_path, "test=rules log=error"))
    events = [(int(kind), *(int(word, 16) for word in words.split()), int(outcome)) for kind, words, outcome in (
        re.fullmatch(r"event: kind (\d+) words (.*) outcome (\d+)", line).groups() for line in matching(run, "event: "))]
    secret = 0x1122334455667788
    assert events[:7] == [
        (RULE, 1, LEAF, 0, ADVANCED), (RULE, 2, LEAF, 0, ADVANCED),
        (RULE, 1, LEAF | 7 << 32, 0, ADVANCED), (RULE, 2, LEAF | 7 << 32, 0, ADVANCED),
        (RULE, 3, LEAF | 7 << 32, 0, ADVANCED),
        (RDMSR, NO_MSR, secret, 0, ADVANCED), (RULE, 4, NO_MSR, 0, ADVANCED)], run.tail()
    assert [event[:3] for event in events[7:]] == [(RULE, 6, STAR), (RULE, 5, CSTAR)]
    assert [event[4] for event in events[7:]] == [ADVANCED, RAISED_GP]
