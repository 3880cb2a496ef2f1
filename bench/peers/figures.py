# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the guest printed and the emulator's debugger saw, as figures."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field

from emulator.bochs import Run

ENDED = "ended the machine"


class Incomplete(RuntimeError):
    """A run has no figures; the message says why."""


@dataclass
class Figures:
    """Of one phase: bare, or with a hypervisor underneath."""

    signature: str = ""  # CPUID leaf 4000_0000H
    instructions: dict[str, int] = field(default_factory=dict)  # of each kind: the median, surroundings subtracted
    spread: dict[str, tuple[int, int]] = field(default_factory=dict)  # smallest and largest of the same
    faults: dict[str, int] = field(default_factory=dict)  # vectors; the figure then includes the guest's handler
    checks: dict[str, str] = field(default_factory=dict)  # right, wrong, or ENDED
    unfinished: str = ""  # a kind that never came back
    complete: bool = False


def parse(lines: list[str]) -> dict[str, Figures]:
    """By phase: "bare", "virtualised"."""
    phases: dict[str, Figures] = {}
    now = Figures()
    without: list[int] = []
    for line in lines:
        match = re.match(r"@@ peers (\w+) (.+)", line)
        if line == "@@ peers end":
            now.complete = True
        if not match:
            continue
        what, words = match[1], match[2].split()
        if what == "phase":
            now = phases.setdefault(words[0], Figures())
        elif what == "signature":
            now.signature = words[0]
        elif what == "without":
            without = [int(word) for word in words[1:]]
            now.unfinished = words[0]
        elif what == "with":
            empty = round(statistics.median(without))
            samples = [int(word) - empty for word in words[1:]]
            now.instructions[words[0]] = round(statistics.median(samples))
            now.spread[words[0]] = min(samples), max(samples)
            now.unfinished = ""
        elif what == "fault":
            now.faults[words[0]] = int(words[1])
        elif what == "trying":
            now.checks[words[0]] = ENDED  # unless a line with the outcome follows
        elif what == "check":
            now.checks[words[0]] = words[1]
    return phases


@dataclass
class Trace:
    """From one CPUID's VM exit to the next one's: all of root mode, and the guest's three instructions."""

    instructions: int
    vmreads: int
    vmwrites: int


def commands() -> list[str]:
    """For the emulator's debugger: at the guest's `xchg bx, bx` VMX state is shown, then a few VM exits are traced."""
    return ["c", 'show "cpu0.VMX"', "vmexitbp", "c", "trace on", "c", "c", "c", "trace off", "vmexitbp", "c"]


# One line for each instruction: "(0).[tick] [physical] selector:address (symbol): disassembly ; bytes"
_INSTRUCTION = re.compile(r"^\(\d+\)\.\[\d+\] \[\w+\] \w+:\w+ \([^)]*\): (\w+)")
_EXIT = re.compile(r"Caught VMEXIT breakpoint")


def trace(debugger: str) -> Trace | None:
    """The shortest of those that were traced: an interrupt of a host's own may lie within another."""
    rounds: list[list[str]] = []
    for line in debugger.splitlines():
        if line.startswith("Tracing disabled"):
            break
        if _EXIT.search(line):
            rounds.append([])
        elif rounds and (match := _INSTRUCTION.match(line)):
            rounds[-1].append(match[1])
    traces = [Trace(len(names), names.count("vmread"), names.count("vmwrite")) for names in rounds if "vmresume" in names]
    return min(traces, key=lambda found: found.instructions, default=None)


def of(run: Run) -> Figures:
    """The figures with a hypervisor underneath, when that is what ran; the emulator is the witness."""
    trouble = re.search(r"^(?:@@ peers trouble: |peers: )(.*)$", run.serial, re.MULTILINE)
    if trouble:
        raise Incomplete(trouble[1])
    found = parse(run.lines).get("virtualised")
    status = re.search(r"^@@ peers started (\d+)$", run.serial, re.MULTILINE)
    returned = f"; its image returned UEFI error {status[1]}" if status and status[1] != "0" else ""
    if found is None:
        raise Incomplete(f"the guest didn't begin to measure{returned}:\n{run.tail()}")
    if not run.stops or not run.stops[0].in_guest(0):
        raise Incomplete(f"the emulator says that no hypervisor is underneath{returned}")
    if not found.instructions:
        raise Incomplete(f"the machine ended before anything was measured:\n{run.tail()}")
    return found


def report(name: str, run: Run) -> dict:
    """All that a run says, for JSON."""
    found = of(run)
    traced = trace(run.debugger)
    start = re.search(r"^@@ peers start_ticks (\d+)$", run.serial, re.MULTILINE)
    return {
        "name": name,
        "signature": found.signature,
        "instructions": found.instructions,
        "spread": found.spread,
        "cpuid_vmreads": traced.vmreads if traced else None,
        "cpuid_vmwrites": traced.vmwrites if traced else None,
        "start": int(start[1]) if start else None,
        "faults": found.faults,
        "checks": found.checks,
        "unfinished": found.unfinished,
    }
