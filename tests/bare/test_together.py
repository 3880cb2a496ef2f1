# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Events with registers, rules and hooks on the same instructions: each sees and does its own, whoever comes and goes beside it."""

from __future__ import annotations

import re

import pytest

from .host import boot, expect_ok, matching

CPUID, CONTROL_REGISTER, IO, EXCEPTION, HOOK, RULE = 0, 5, 11, 12, 16, 17
ADVANCED, RETRIED = 1, 2
LEAF, SECRET, TSD = 0x80000000, 0x1234, 1 << 2
FIRST, SECOND = 0xD1, 0x51
INT3 = 3 | 6 << 8
STRING = 0x10


def expected(cr4: int, answer: int, own: int, rules: bool, hooks: bool) -> list[tuple]:
    """Kind, words, outcome; answer: EAX and EBX of CPUID, with and without the rule."""
    found = [
        (EXCEPTION, INT3, 0, 0, RETRIED),
        (CPUID, LEAF, answer if rules else own, 0, ADVANCED),
        rules and (RULE, 1, LEAF, 0, ADVANCED),
        (CONTROL_REGISTER, 4, cr4 | TSD, cr4, RETRIED),
        (CONTROL_REGISTER, 4, cr4, cr4 | TSD, RETRIED),
        rules and (RULE, 2, 4, cr4, RETRIED),
        hooks and (HOOK, 0, FIRST, SECOND, RETRIED),
        (IO, 0x80, 1, 0x12, ADVANCED),
        (IO, 0x80, STRING | 1, 0, RETRIED),  # once, though its step meets a hidden page
    ]
    return [one for one in found if one]


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 1)])
def test_together(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, "test=together hook_pages=32 log=error", model=model, processors=processors))
    second_watcher, second_hooks = matching(run, "second: ")
    assert "only one at a time can" in second_watcher and "There are hooks already" in second_hooks
    phases: dict[tuple[str, int], list] = {}
    current: list = []
    for line in run.lines:
        if begun := re.fullmatch(r"([\w ]+), processor (\d+): ebx (\w+) tsd (\d) constant right vector 3 page right", line):
            current = phases.setdefault((begun[1], int(begun[2])), [])
            # TSD is clear to whoever cleared it, pinned or not.
            assert begun[3] == ("own" if begun[1] in ("without rules", "hooks alone", "nothing") else "ruled") and begun[4] == "0", line
        elif event := re.fullmatch(r"event of processor (\d+): kind (\d+) words (\w+) (\w+) (\w+) outcome (\d+) "
                                   r"rax (\w+) rdi (\w+) rsi (\w+)", line):
            current.append((int(event[2]), *(int(event[i], 16) for i in (3, 4, 5)), int(event[6])))
            registers = [int(event[i], 16) for i in (7, 8, 9)]
            if current[-1][0] == HOOK:
                assert registers[1:] == [FIRST, SECOND], line
            if current[-1][0] == CPUID:
                assert registers[0] == LEAF, "before its answer"
            if current[-1][0] == CONTROL_REGISTER:
                assert registers[0] & 0xFFFFFFFF == current[-1][2], "the value came from RAX"
    names = ["all", "without hooks", "without rules", "hooks alone", "without events", "again", "nothing"]
    assert list(dict.fromkeys(name for name, _ in phases)) == names and len(phases) == len(names) * processors
    for (name, number), found in phases.items():
        if name in ("hooks alone", "without events", "nothing"):
            assert found == []
            continue
        cr4 = next(one[3] for one in found if one[0] == CONTROL_REGISTER)
        own = next(one[2] for one in phases["without rules", number] if one[0] == CPUID)
        assert cr4 & TSD == 0 and own >> 32 == 0
        assert found == expected(cr4, own | SECRET << 32, own, name != "without rules", name != "without hooks"), name
    assert [line for line in run.lines if re.search(": hits ", line)] == [
        f"{name}: hits {processors * times}" for name, times in zip(names, (1, 1, 1, 2, 3, 4, 4))]
    assert "exits: 0 more" in run.lines
