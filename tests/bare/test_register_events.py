# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Events of instructions on system registers: each once and in order, two exits for each that is let through, none afterwards."""

from __future__ import annotations

import re

import pytest

from .host import boot, expect_ok, matching

CONTROL_REGISTER, ADDRESS_SPACE, DEBUG_REGISTER, DESCRIPTOR_TABLE, RDTSC, RDPMC = range(5, 11)
ADVANCED, LET_THROUGH = 1, 2
READ, CLTS, LMSW = 1 << 8, 2 << 8, 3 << 8
SGDT, SIDT, LGDT, LIDT, SLDT, STR, LLDT, LTR = range(8)
TS, PGE = 1 << 3, 1 << 7
FIRST, LAST, BAD_CR3 = 0x11110000, 0x22220000, 1 << 62
TSS_SELECTOR = 0x30


def events_of(run, processor: int) -> list[tuple[int, ...]]:
    found = []
    for line in matching(run, f"register event of processor {processor}: "):
        kind, words, outcome = re.fullmatch(r".*: kind (\d+) words (.*) outcome (\d+)", line).groups()
        found.append((int(kind), *(int(word, 16) for word in words.split()), int(outcome)))
    return found


def growth(run, processor: int, when: str) -> dict[str, int]:
    (line,) = matching(run, f"exits of processor {processor} {when}: ")
    return {name: int(count) for name, count in re.findall(r"([a-z][a-z ]*) (\d+)", line.split(": ")[1])}


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 1)])
def test_each_instruction_once(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, "test=register_events log=error", model=model, processors=processors))
    (words,) = {line.split(": ")[1] for line in matching(run, "tables of processor ")}
    cr0, cr3, cr4, table = (int(value, 16) for value in re.findall(r"\w+ ([0-9a-f]+)", words))
    of_debug_registers = [(DEBUG_REGISTER, 0, FIRST, 0, LET_THROUGH), (DEBUG_REGISTER, READ, FIRST, 0, LET_THROUGH)]
    of_cr4 = [(CONTROL_REGISTER, 4, cr4 ^ PGE, cr4, LET_THROUGH), (CONTROL_REGISTER, 4, cr4, cr4 ^ PGE, LET_THROUGH)]
    last = (DEBUG_REGISTER, 0, LAST, 0, LET_THROUGH)
    for number in range(processors):
        events = events_of(run, number)
        half = events.index(last) + 1
        watched, chosen = events[:half], events[half:]
        counters = [event for event in watched if event[0] in (RDTSC, RDPMC)]
        assert [event for event in watched if event not in counters] == [
            *of_debug_registers,
            (CONTROL_REGISTER, 8, 5, 0, LET_THROUGH),
            (CONTROL_REGISTER, READ | 8, 5, 5, LET_THROUGH),
            (CONTROL_REGISTER, 8, 0, 5, LET_THROUGH),
            *of_cr4,
            (CONTROL_REGISTER, 0, cr0 | TS, cr0, LET_THROUGH),
            (CONTROL_REGISTER, CLTS, 0, cr0 | TS, LET_THROUGH),
            (CONTROL_REGISTER, LMSW, cr0 & 0xF | TS, cr0, LET_THROUGH),
            (CONTROL_REGISTER, 0, cr0, cr0 | TS, LET_THROUGH),
            (ADDRESS_SPACE, cr3, cr3, 0, LET_THROUGH),
            (ADDRESS_SPACE, BAD_CR3, cr3, 0, LET_THROUGH),
            *[(DESCRIPTOR_TABLE, which, table, 0, LET_THROUGH) for which in (SGDT, LGDT, SIDT, LIDT)],
            (DESCRIPTOR_TABLE, SLDT, 0, 1, LET_THROUGH),
            (DESCRIPTOR_TABLE, STR, TSS_SELECTOR, 1, LET_THROUGH),
            (DESCRIPTOR_TABLE, LLDT, 0, 1, LET_THROUGH),
            (DESCRIPTOR_TABLE, LTR, 0, 1, LET_THROUGH),
            last,
        ]
        rdtsc, rdtscp, rdpmc = counters
        assert (rdtsc[0], rdtsc[1], rdtsc[4]) == (RDTSC, 0, ADVANCED)
        assert (rdtscp[0], rdtscp[1], rdtscp[4]) == (RDTSC, 1, ADVANCED) and rdtscp[2] > rdtsc[2] > 0
        assert (rdpmc[0], rdpmc[1], rdpmc[4]) == (RDPMC, 0, ADVANCED)
        assert chosen == [*of_debug_registers, *of_cr4, last]

        exits = growth(run, number, "watched")
        let_through = len(watched) - len(counters)
        assert exits["cr"] + exits["dr"] + exits["table"] + exits["segment"] == let_through == exits["step"], exits
        assert exits["rdtsc"] == exits["rdtscp"] == exits["rdpmc"] == 1
        for when in ("before", "after", "at the end"):
            assert not any(growth(run, number, when).values()), when
