# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Watched and protected memory: each access to it is seen or stopped, none beside it is, and nothing else changes."""

from __future__ import annotations

import re
import subprocess

import pytest

from . import comparison, test_conformance, watched
from .host import boot, expect_ok, guest, matching

PAGES = "hook_pages=32"
MODELS = [pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 3)]
RETRIED, RAISED_GP = 2, 4
WHY_NOT = "Nothing was changed. This memory can't be watched or protected: "

# What the first processor does, for each of the watches: where, and with how many bytes. The four bytes from 0x808 on are watched.
WRITTEN = [(0x804, "write", 8), (0x80B, "write", 1), (0x808, "read write", 4), (0x808, "write", 1), (0x809, "write", 1),
           (0x808, "write", 8), (0x808, "write", 8)]
READ = [(0x808, "read", 8), (0x808, "read write", 4), (0x808, "read", 1), (0x808, "read", 8)]
ACROSS = [(0xFFC, "write", 4), (0x1000, "write", 8), (0xFFC, "read", 4), (0x1000, "read", 8)]
EXECUTED = [(0x2001, "execute", 1), (0x2001, "execute", 1)]


def events_of(lines: list[str]) -> list[tuple[int, str, int]]:
    found = []
    for line in lines:
        physical, linear, kinds, length, outcome = re.fullmatch(
            r"event: physical \+(\w+) linear \+(\w+) (.+) (\d+) bytes outcome (\d)", line).groups()
        assert physical == linear and int(outcome) == RETRIED, line
        found.append((int(physical, 16), kinds, int(length)))
    return found


@pytest.mark.parametrize("model, processors", MODELS)
def test_watched_memory(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, f"test=memory {PAGES} log=error", model=model, processors=processors))
    assert events_of(matching(run, "event: ")) == WRITTEN + READ + ACROSS + EXECUTED, run.tail()
    for what, events in (("written", WRITTEN), ("read", READ), ("across pages", ACROSS), ("executed", EXECUTED)):
        seen = [line for line in matching(run, "processor ") if line.endswith(f" events, {what}")]
        assert seen == [f"processor {i}: {len(events)} events, {what}" for i in range(processors)]
    # A processor that comes back has the watch; what it did meanwhile nobody saw.
    assert matching(run, "gone and come: ") == ["gone and come: 0, 1 events"] * 2
    writes = 500 * processors
    assert matching(run, "hammered: ") == [f"hammered: {writes} writes, {writes} events, the sum is right"] * 2
    assert matching(run, "violations: ") == ["violations: 500 of 500 writes"] * 2
    # Each processor meets the hook once, writes twice to what is watched and reads it twice.
    together = [(words, int(hits), int(events)) for words, hits, events in (
        re.fullmatch(r"together, (.*): hits (\d+) events (\d+)", line).groups() for line in matching(run, "together, "))]
    hits, events = processors, 4 * processors
    assert together == [("only the hook", hits, 0), ("hook and then watch", hits, events), ("only the watch", 0, events),
                        ("watch and then hook", hits, events), ("the hook alone", hits, 0), ("neither", 0, 0)]
    assert "guarded pages 1 in 8 pages" in run.lines


def test_refusals_are_explained(tmp_path):
    run = expect_ok(boot(tmp_path / "with", f"test=memory {PAGES} log=error", processors=1))
    assert [re.sub(r"0x\w+", "0x", line) for line in matching(run, "refused, ")] == [
        f"refused, no memory: status 98: {WHY_NOT}the processor has no memory there.",
        f"refused, a device: status 99: {WHY_NOT}a part of it is a device's, or other memory that isn't write-back.",
        f"refused, too much: status 103: {WHY_NOT}watched and protected memory may touch 4,096 pages of 4 KiB in all, which is 16 MiB.",
        f"refused, our own: status 100: {WHY_NOT}a part of it is Nadir's own.",
        f"refused, hidden: status 102: {WHY_NOT}there is a hook in one of its pages, and a page can be one or the other. "
        "Remove the hook first.",
        "refused, watched: status 104: Hook 0 at physical address 0x was refused, and none was set: its page is watched or "
        "protected. A page can be one or the other: end `nadir trace`, or remove the rule.",
    ]
    run = expect_ok(boot(tmp_path / "without", "test=memory log=error", processors=2))
    assert matching(run, "refused, ") == [
        f"refused, not asked for: status 96: {WHY_NOT}Nadir was turned on without memory for the tables that it takes. "
        "Turn it off, and on again with hook_pages."]


@pytest.mark.parametrize("model, processors", MODELS)
def test_protected_memory(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, f"test=protect {PAGES} log=error", model=model, processors=processors))
    events = [(kind, int(rule), int(at, 16), int(outcome)) for kind, rule, at, outcome in (
        re.fullmatch(r"event: (\w+) (\d+) at \+(\w+) outcome (\d)", line).groups() for line in matching(run, "event: "))]
    memory = [(at, outcome) for kind, _, at, outcome in events if kind == "memory"]
    rules = [(rule, at, outcome) for kind, rule, at, outcome in events if kind == "rule"]
    # The first of the eight protected bytes is watched, too.
    assert memory == [(at, RETRIED) for at in (0x808, 0x804, 0x808, 0x808)], run.tail()
    ignored = [0x808, 0x804, 0x80C, 0x808, *range(0x808, 0x810)]
    assert rules == [*((1, at, RETRIED) for at in ignored), (2, 0x1400, RAISED_GP)]
    answered = [int(line.split()[-1]) for line in matching(run, "rule ")]
    assert answered == [2 * len(ignored) * processors, 2 * processors]
    assert "race: 500 of 500, protected 0" in run.lines


# Pages of the conformance kernel, by the symbol that lies there, and what of them is watched.
READ_ACCESS, WRITE_ACCESS, EXECUTE = 1, 2, 4


def symbols(image: str) -> dict[str, int]:
    listing = subprocess.run(["nm", image], capture_output=True, text=True, check=True).stdout
    return {name: int(address, 16) & 0x7FFFFFFF for address, _, name in (line.split(maxsplit=2) for line in listing.splitlines())}


def watched_pages(image: str) -> list[tuple[int, int]]:
    known = symbols(image)
    data, code = (known[name] & ~0xFFF for name in ("image_data_end", "interrupt_stubs"))
    return [(data, READ_ACCESS | WRITE_ACCESS), (code, EXECUTE)]


@pytest.mark.parametrize("model, processors", [("corei7_skylake_x", 2)])
def test_a_watched_guest_does_not_notice(tmp_path, model, processors):
    image = test_conformance.image("trace")
    one = comparison.bare(tmp_path, image, model=model, processors=processors)
    (place,) = matching(one, "image at ")
    base = int(place.split()[-1], 16)
    pages = watched_pages(str(guest("conformance64.elf")))
    words = " ".join(f"watched={base + offset | access:#x}" for offset, access in pages)
    other = comparison.virtualised(tmp_path, image, f"log=error {PAGES} {words}", model=model, processors=processors)
    watched.expect_watched(other)
    trace = test_conformance.trace
    assert len(trace(one)) > 300 * processors
    assert test_conformance.differences(trace(one), trace(other)) == []
