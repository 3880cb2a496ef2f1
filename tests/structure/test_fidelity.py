# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""docs/fidelity.md: every case once, each with a state, and every test that it names is in the tree."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from structure import sources

CATALOGUE = sources.ROOT / "docs" / "fidelity.md"
STATES = ("tested", "intended difference", "not in the emulator", "open")
CASES = 70
SHORTEST_REASON = 40
# What a kernel's trace lines begin with, and its folder in tests/guest.
TRACES = {"exits": "conformance", "modes": "modes"}
ROW = re.compile(r"^\| (\d+) \| (.+?) \| (.+?) \| (.*?) ?\| (.*?) ?\|$")


def rows() -> list[tuple[str, ...]]:
    return [match.groups() for line in CATALOGUE.read_text().splitlines() if (match := ROW.match(line))]


def named(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


@cache
def google_tests() -> frozenset[str]:
    found = set()
    for path in sources.cxx_files():
        if path.parts[0] == "tests":
            text = (sources.ROOT / path).read_text()
            found |= {f"{suite}.{name}" for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+), (\w+)\)", text, re.M)}
    return frozenset(found)


@cache
def trace_words(kind: str) -> frozenset[str]:
    """The strings of which a kernel makes the beginnings of its trace's lines, up to the colon."""
    found = set()
    folder = sources.ROOT / "tests/guest" / TRACES[kind]
    for path in (*folder.glob("*.cpp"), *folder.glob("*.h")):
        for text in re.findall(r'"((?:[^"\\\n]|\\.)*)"', path.read_text()):
            found.add(text.removeprefix(f"{kind} ").partition(":")[0].strip())
    return frozenset(found - {""})


def is_trace_line(kind: str, label: str, parts: int = 3) -> bool:
    """One of those strings, or some in a row: what a probe is about (perhaps with %s), and what it is."""
    words = trace_words(kind)
    if label in words:
        return True
    return parts > 1 and any(
        {label[:at], f"{label[:at]} %s"} & words and is_trace_line(kind, label[at + 1:], parts - 1)
        for at, letter in enumerate(label) if letter == " ")


def exists(name: str) -> bool:
    kind, colon, label = name.partition(": ")
    if colon and kind in TRACES:
        return is_trace_line(kind, label)
    if "::" in name:
        file, _, function = name.partition("::")
        path = sources.ROOT / file
        return path.is_file() and re.search(rf"^def {re.escape(function)}\(", path.read_text(), re.M) is not None
    return name in google_tests()


def test_every_case_is_there_once():
    assert [int(row[0]) for row in rows()] == list(range(1, CASES + 1))


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_a_case(row):
    _, case, state, shown, reason = row
    assert state in STATES
    assert len(case) > 15
    missing = [name for name in named(shown) if not exists(name)]
    assert not missing, "no such test or trace line"
    if state == "tested":
        assert named(shown), "a tested case names its tests"
    else:
        assert len(reason) >= SHORTEST_REASON, "why isn't it tested, and how would it be?"


def test_the_counts_at_the_head_agree():
    counts = Counter(row[2] for row in rows())
    head = re.search(r"^\*\*(.+)\*\*$", CATALOGUE.read_text(), re.M)
    assert head is not None
    assert head[1] == ", ".join(f"{counts[state]} {state}" for state in STATES)


@pytest.mark.parametrize("name, there", [
    ("Guest.AFaultWithErrorCode", True),
    ("Guest.NoSuchTest", False),
    ("tests/structure/test_fidelity.py::test_a_case", True),
    ("tests/structure/test_fidelity.py::test_no_case", False),
    ("tests/structure/no_such_file.py::test_a_case", False),
    ("exits: trace step", True),
    ("exits: user cpuid", True),
    ("exits: msr %x", True),
    ("exits: cr0 ne off now", True),
    ("exits: cr0 no such bit now", False),
    ("exits: no such line", False),
    ("exits: user", True),
    ("exits: user nothing", False),
    ("modes: real mode cpuid 1", True),
    ("modes: pae pointers cr3", True),
    ("modes: pae pointers nothing", False),
])
def test_names_are_looked_up(name, there):
    assert exists(name) == there
