# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Each kind of event on a running Linux with two processors: as many as there were by an independent count, nothing that a program or
the kernel could tell, and no exit left over."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

import pytest

from emulator.bochs import Machine

from . import guest

pytestmark = pytest.mark.xdist_group("linux-events")

MODEL = "corei7_haswell_4770"  # one on which Linux turns XSAVE on
COUNT = 25
LEAF = 0x41424344
TSC_AUX = 0xC0000103


@dataclass(frozen=True)
class Watch:
    """Events that `deeds` brings, by what it does: how many of them for each time, and what must stand in each."""

    event: str
    deed: str
    each: int = 1
    fields: tuple[tuple[str, str], ...] = ()
    level: int = 3


@dataclass(frozen=True)
class Trace:
    """What one trace watches, and what of its events is printed: columns of the JSON."""

    name: str
    options: str
    watches: tuple[Watch, ...]
    columns: str = "3,4,6,11,15-21"

    def deeds(self) -> list[str]:
        return list(dict.fromkeys(watch.deed for watch in self.watches))

    def script(self) -> str:
        events = dict.fromkeys(watch.event for watch in self.watches)
        return (f"section '{self.name}'; trace {' '.join(events)} {self.options}; "
                f"for cpu in 0 1; do deeds $cpu {COUNT} {' '.join(self.deeds())}; done; ended; events {self.columns}\n")


TRACES = [
    Trace("kernel", "--msr tsc_aux", (
        Watch("rdmsr", "msr", 1, (("msr", hex(TSC_AUX)),), 0),
        Watch("wrmsr", "msr", 1, (("msr", hex(TSC_AUX)),), 0),
        Watch("xsetbv", "xsetbv", 1, (("register", "0x0"),), 0),
        Watch("control-register", "cr0", 2, (("register", "0x0"),), 0),
        Watch("control-register", "cr4", 2, (("register", "0x4"),), 0),
        Watch("control-register", "cr8", 3, (("register", "0x8"),), 0),
        Watch("debug-register", "debug", 3, (("register", "0x3"),), 0),
        Watch("descriptor-table", "tables", 9, (), 0),
        Watch("rdpmc", "rdpmc", 1, (("counter", "0x0"),), 0))),
    Trace("program", f"--leaf {LEAF:#x} --port 0x80 --vector 0 --vector 6", (
        Watch("cpuid", "cpuid", 1, (("leaf", hex(LEAF)),)),
        Watch("vmx", "vmcall", 1, (("reason", hex(18)),)),
        Watch("io", "io", 2, (("port", "0x80"), ("bytes", "0x1"), ("value", "0x5a"))),
        Watch("exception", "ud2", 1, (("vector", "0x6"), ("has_code", "0x0"))),
        Watch("exception", "divide", 1, (("vector", "0x0"), ("has_code", "0x0"))))),
    Trace("counter", "", (Watch("rdtsc", "tsc", 2),), "3,4,6,11"),
    Trace("system calls", "", (Watch("system-call", "syscall", 2, (("number", hex(110)),)),)),
    Trace("faults", "--vector 14", (
        Watch("exception", "segfault", 1, (("vector", "0xe"), ("error_code", "0x6"), ("address", "0x12340"))),)),
    Trace("address spaces", "", (Watch("address-space", "cr3", 1, (), 0),), "3,4,6,11"),
]
DEEDS = [deed for trace in TRACES for deed in trace.deeds()] + ["page", "switch"]

# Those that come only with a watch, but for control registers and MSRs, of which few exit without.
OPTIONAL_EXITS = {1, 7, 15, 16, 28, 29, 30, 31, 32, 46, 47, 51}

ALL_EVENTS = sorted({watch.event for trace in TRACES for watch in trace.watches} | {"interrupt"})

SCRIPT = f"""
load watchdog=10; insmod /lib/modules/nadir_deeds.ko; insmod /lib/modules/nadir_snapshot.ko
all_deeds() {{ for cpu in 0 1; do deeds $cpu {COUNT} {' '.join(DEEDS)}; done; }}
section bare; all_deeds; snapshot bare
nadir on > /dev/null
section on; all_deeds
before=$(parameter allocated)
wanted='process == "deeds"'
trace() {{ nadir trace "$@" --json --where "$wanted" > /tmp/trace 2>&1 & tracer=$!; until [ $(parameter allocated) -gt $before ] || ! kill -0 $tracer; do :; done; }}
ended() {{ kill -INT $tracer 2> /dev/null; wait $tracer; echo status $?; tail -n 1 /tmp/trace; }}
events() {{ grep '"processor":' /tmp/trace | cut -d, -f $1 | sort | uniq -c; }}
{"".join(trace.script() for trace in TRACES)}section both; trace exception address-space --vector 14
grep pgfault /proc/vmstat; deeds 1 {COUNT} page; deeds 0 {COUNT} page; grep pgfault /proc/vmstat
grep ctxt /proc/stat; deeds 1 {COUNT} switch; grep ctxt /proc/stat; ended; events 4
section interrupts-outside-before; cat /proc/interrupts
section interrupts; trace interrupt
section interrupts-before; cat /proc/interrupts
section interrupts-work; deeds 0 {COUNT} switch; deeds 1 {COUNT} page
section interrupts-after; cat /proc/interrupts
section interrupts-end; ended
section interrupts-outside-after; cat /proc/interrupts
section everything; wanted='leaf == 9'; trace {' '.join(ALL_EVENTS)} --registers
section everything-deeds; all_deeds; snapshot during
section everything-changes; changes bare during
section everything-stats; nadir stats --json
section everything-end; ended
section killed; trace {' '.join(ALL_EVENTS)}; kill -9 $tracer; wait $tracer 2> /dev/null; echo allocated $(($(parameter allocated) - before))
section left-before; nadir stats --json
section left-deeds; all_deeds
section left-after; nadir stats --json
section left-changes; snapshot after; changes bare after
section end-state; nadir off; rmmod nadir; echo removal $?; all_deeds
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("events"), SCRIPT, programs=("deeds", "nadir"),
                      machine=Machine(model=MODEL, processors=2), modules=[guest.helper_module("deeds")], timeout=600)


def deeds(lines) -> list[str]:
    return [line for line in lines if re.match(r"\w+ on \d: signals ", line)]


@dataclass(frozen=True)
class Same:
    """Events of `deeds` in which the same stands."""

    count: int
    processor: int
    event: str
    level: int
    fields: dict[str, str]


def events(lines) -> list[Same]:
    form = re.compile(r'\s*(\d+) "processor":(\d),"event":"([\w-]+)","pid":\d+,"privilege_level":(\d)(.*)')
    return [Same(int(one[1]), int(one[2]), one[3], int(one[4]), dict(re.findall(r'"(\w+)":"(\w+)"', one[5])))
            for one in map(form.match, lines) if one]


def tallies(lines) -> list[dict]:
    (end,) = [json.loads(line)["end"] for line in lines if line.startswith('{"end"')]
    return end


def seen_and_lost(lines) -> list[int]:
    """How many there were of anybody's, on each processor."""
    return [one["seen"] + one["lost"] for one in tallies(lines)]


def exits(lines) -> dict[int, int]:
    sums: dict[int, int] = {}
    for processor in json.loads("".join(lines))["processors"]:
        for one in processor["exits"]:
            sums[one["reason"]] = sums.get(one["reason"], 0) + one["count"]
    return sums


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)
    assert "removal 0" in boot["end-state"]


def test_the_deeds_are_right_on_the_bare_machine(boot):
    found = deeds(boot["bare"])
    assert len(found) == 2 * len(DEEDS) and not [line for line in found if "wrong 0 " not in line or "error 0" not in line]
    for deed in "ud2", "divide", "segfault", "vmcall":
        assert [line for line in found if line.startswith(f"{deed} on 1: signals {COUNT} ")]


@pytest.mark.parametrize("section", ["on", "everything-deeds", "left-deeds", "end-state"])
def test_programs_see_the_same(boot, section):
    assert deeds(boot[section]) == deeds(boot["bare"])


@pytest.mark.parametrize("trace, watch", [
    pytest.param(trace, watch, id=f"{watch.event}-{watch.deed}") for trace in TRACES for watch in trace.watches])
def test_as_many_as_there_were(boot, trace, watch):
    lines = boot[trace.name]
    assert deeds(lines) == [line for line in deeds(boot["bare"]) if line.split()[0] in trace.deeds()]
    wanted = watch.each * COUNT
    assert "status 0" in lines and min(seen_and_lost(lines)) >= sum(one.each for one in trace.watches) * COUNT
    mine = [one for one in events(lines) if (one.event, one.level) == (watch.event, watch.level)
            and all(one.fields[name] == value for name, value in watch.fields)]
    for processor in 0, 1:
        of = sum(one.count for one in mine if one.processor == processor)
        # What is chosen by its fields is the program's alone; of the others the kernel has some on its behalf.
        lost = tallies(lines)[processor]["lost"]  # a counter is read more often than a slow machine shows
        assert of <= wanted or not watch.fields, events(lines)
        assert of + lost >= wanted, events(lines)


def test_page_faults_and_switches_by_the_kernels_own_count(boot):
    lines = boot["both"]
    faults_before, faults_after = (int(line.split()[1]) for line in lines if line.startswith("pgfault"))
    switches_before, switches_after = (int(line.split()[1]) for line in lines if line.startswith("ctxt"))
    faults, switches = faults_after - faults_before, switches_after - switches_before
    assert faults >= 2 * COUNT and switches >= 2 * COUNT
    totals = sum(seen_and_lost(lines))
    assert totals >= faults + 2 * COUNT, "each fault, and each switch to and fro between two processes"
    assert totals < 3 * (faults + switches), "the tracer's own and the shell's come on top"


def interrupts(lines) -> list[int]:
    """Sum of each processor's counts."""
    sums = [0, 0]
    for line in lines:
        match = re.match(r"\s*\w+:\s+(\d+)\s+(\d+)\s", line)
        if match and not re.match(r"\s*(NMI|MCE|MCP|ERR|MIS)", line):
            sums = [sums[i] + int(match[i + 1]) for i in (0, 1)]
    return sums


def test_interrupts_are_the_kernels_own_count(boot):
    totals = seen_and_lost(boot["interrupts-end"])
    inner = [b - a for a, b in zip(interrupts(boot["interrupts-before"]), interrupts(boot["interrupts-after"]))]
    outer = [b - a for a, b in zip(interrupts(boot["interrupts-outside-before"]), interrupts(boot["interrupts-outside-after"]))]
    for low, total, high in zip(inner, totals, outer):
        assert 0 < low <= total <= high, (inner, totals, outer)


def test_nobody_sees_who_watches_everything(boot):
    assert boot["everything-changes"] == ["none"]
    totals = seen_and_lost(boot["everything-end"])
    assert min(totals) > 20 * COUNT
    found = exits(boot["everything-stats"])
    assert all(found.get(reason, 0) > 0 for reason in (0, 1, 15, 16, 28, 29, 30, 31, 32, 46, 47, 51, 55)), found


def test_nothing_is_left_over(boot):
    assert boot["killed"][-1] == "allocated 0"
    before, after = exits(boot["left-before"]), exits(boot["left-after"])
    assert {reason: after.get(reason, 0) - before.get(reason, 0) for reason in OPTIONAL_EXITS} == {
        reason: 0 for reason in OPTIONAL_EXITS}
    assert boot["left-changes"] == ["none"]
