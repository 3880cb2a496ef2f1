# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What Nadir says of its own EPT, with the emulator's debugger as witness: it reads the same entries out of the machine's memory."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from emulator.debugger import show

from .ept_witness import ADDRESS, UC, WB, parse_dumps
from .host import boot, expect_ok, matching

ALL, READING, EXECUTING = 1, 3, 4
EPTP = "VMX.VMCS_CACHE.VMEXEC_CTRLS.eptptr"


@dataclass
class Walk:
    address: int
    processor: int
    tables: int
    eptp: int
    flags: int
    entries: list[int]

    def places(self) -> list[int]:
        """Where the entries are, by what the ones before them say."""
        tables = [self.eptp & ADDRESS, *(entry & ADDRESS for entry in self.entries[:-1])]
        return [table + 8 * (self.address >> 39 - 9 * depth & 511) for depth, table in enumerate(tables)]

    @property
    def leaf(self) -> int:
        return self.entries[-1]


def walks(run, what: str) -> list[Walk]:
    pattern = re.compile(r"address (\w+) processor (\d+) tables (\d+) eptp (\w+) flags (\d+) entries(.*)")
    found = []
    for line in matching(run, f"walk of {what}: "):
        address, processor, tables, eptp, flags, entries = pattern.search(line).groups()
        found.append(Walk(int(address, 16), int(processor), int(tables), int(eptp, 16), int(flags),
                          [int(entry, 16) for entry in entries.split()]))
    return found


@pytest.mark.parametrize("model, processors", [
    pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("corei7_haswell_4770", 1)])
def test_the_entries_are_those_in_memory(tmp_path, model, processors):
    settings = {"model": model, "processors": processors, "magic_break": True}
    line = "test=inspect hook_pages=32 log=error"
    first = expect_ok(boot(tmp_path / "first", line, commands=("c", "c"), **settings))
    asked = [walk for what in ("memory", "a device", "our own", "far memory", "hooked code") for walk in walks(first, what)]
    places = [place for walk in asked for place in walk.places()]
    look = [*show(processors), *(f"xp /2wx {place:#x}" for place in places)]
    second = expect_ok(boot(tmp_path / "second", line, commands=("c", *look, "c"), **settings))  # runs repeat exactly
    (words,) = parse_dumps(second.debugger)
    assert [words[place] for place in places] == [entry for walk in asked for entry in walk.entries]

    # In use: without hooks the tables of all, with them the view that the emulator has the processor in.
    memory = walks(first, "memory")
    assert [(walk.processor, walk.tables) for walk in memory] == [(number, ALL) for number in range(processors)]
    hooked = walks(first, "hooked code")
    assert {walk.tables for walk in hooked[:processors]} <= {READING, EXECUTING}
    views = {walk.eptp for walk in hooked if walk.tables in (READING, EXECUTING)}
    (stop,) = second.stops
    assert {stop.value(number, EPTP) for number in range(processors)} <= views and memory[0].eptp not in views

    rights = {walk.tables: walk.leaf & 7 for walk in hooked[processors:]}
    assert rights == {ALL: 7, READING: 1, EXECUTING: 4}
    at = {walk.tables: walk.leaf & ADDRESS for walk in hooked[processors:]}
    assert at[READING] == hooked[0].address & ADDRESS != at[EXECUTING]

    (device,), (ours,), (far,) = walks(first, "a device"), walks(first, "our own"), walks(first, "far memory")
    assert [walk.flags for walk in (memory[0], device, ours, far)] == [0, 0, 1, 0]
    assert memory[0].leaf >> 3 & 7 == WB and device.leaf >> 3 & 7 == UC
    assert len(ours.entries) == 4 and ours.leaf & ADDRESS != ours.address
    # What nobody has touched yet isn't mapped.
    assert far.entries == [0]


def test_what_cannot_be_answered_is_explained(tmp_path):
    run = expect_ok(boot(tmp_path, "test=inspect log=error", processors=1))
    tables = "status 68: There are no such tables on that processor now: it is in no view (docs/views.md)."
    assert matching(run, "refused, ") == [
        "refused, no address: status 122: The processor has no physical address so high that the EPT could map it.",
        f"refused, no view: {tables}", f"refused, no tables of its own: {tables}", f"refused, unknown tables: {tables}",
        "refused, no processor: status 18: That processor is not under Nadir, or doesn't answer any more."]
