# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What was observed in a run of the demo, and the claims that it must bear out.

Three sources that don't depend on each other: the guest's console (what the commands said and how they ended), the
emulator's debugger (what the processors really were doing) and the emulator's log.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field

from costs.exit_kinds import Exits
from emulator.bochs import Run
from emulator.debugger import Stop, differences

from .guest import PHASES, Options

# Belongs to the process that runs, not to the machine.
# Bochs' SYSRET leaves the limit of SS as it was, and after an interrupt SS is null in the kernel: in 64-bit mode nobody can tell.
_OF_THE_PROCESS = ("VMX", "CR3", "FS.base", "GS.base", "SS.limit_scaled", "SS.granularity", "SS.d_b")

CPUID_EXIT = 10  # basic exit reason; [SDM3 "VMX Basic Exit Reasons"]


@dataclass
class Observations:
    booted: list[str] = field(default_factory=list)  # number of processors, kernel release
    ended: dict[str, int] = field(default_factory=dict)  # exit status by the name of the command
    workload: dict[str, str] = field(default_factory=dict)  # digest by phase
    failed_checks: list[str] = field(default_factory=list)
    json: dict[str, object] = field(default_factory=dict)
    complaints: dict[str, str] = field(default_factory=dict)  # number of warnings in the kernel's log, by time
    current: str = ""

    def read(self, line: str) -> None:
        """Takes in a line of the console."""
        if not line.startswith("@@ "):
            return
        word, _, rest = line[3:].partition(" ")
        if word == "boot":
            self.booted = rest.split()
        elif word == "begin":
            self.current = rest
        elif word == "end":
            name, _, status = rest.partition(" ")
            self.ended[name] = int(status) if status.isdigit() else -1
        elif word == "workload" and self.current.startswith("workload-"):
            self.workload[self.current.removeprefix("workload-")] = rest
        elif word == "check" and " FAILED" in rest:
            self.failed_checks.append(f"{self.current}: {rest}")
        elif word == "json":
            label, _, text = rest.partition(" ")
            try:
                self.json[label] = json.loads(text)
            except ValueError:
                self.json[label] = None
        elif word == "complaints":
            when, _, count = rest.partition(" ")
            self.complaints[when] = count


def counted(processors: int | str) -> str:
    return f"{processors} processor" + ("" if str(processors) == "1" else "s")


@dataclass
class Claim:
    text: str
    observed: bool
    detail: str = ""


def stops_by_phase(run: Run, processors: int) -> dict[str, dict[int, Stop]]:
    """The debugger's stops: in each phase one on each processor."""
    phases: dict[str, dict[int, Stop]] = {phase: {} for phase in PHASES}
    for number, stop in enumerate(run.stops[:processors * len(PHASES)]):
        phases[PHASES[number // processors]][stop.processor] = stop
    return phases


def claims(options: Options, seen: Observations, run: Run) -> list[Claim]:
    """Each claim of the demo and whether this run bears it out."""
    every = range(options.processors)
    stops = stops_by_phase(run, options.processors)
    list_of: list[Claim] = []

    def claim(text: str, observed: bool, detail: str = "") -> None:
        list_of.append(Claim(text, bool(observed), detail))

    def command(name: str, text: str) -> None:
        status = seen.ended.get(name)
        claim(text, status == 0, "it never ran to its end" if status is None else f"exit status {status}")

    claim(f"Debian's kernel came up on {counted(options.processors)}", seen.booted[:1] == [str(options.processors)])
    command("workload-before", "the workload passes on the bare machine")
    if not options.workload_only:
        command("insmod", "nadir.ko loads")
        command("on", "nadir on succeeds")
        for processor in every:
            before, during = (stops[phase].get(processor) for phase in ("before", "during"))
            claim(f"the emulator's debugger: processor {processor} was outside VMX operation before, and in VMX "
                  "non-root operation under the workload",
                  before and during and not before.in_vmx(processor) and during.in_guest(processor))
        command("workload-during", "the workload passes under Nadir")
        claim("under Nadir it sees the same as before", _same(seen, "before", "during"))
        status = seen.json.get("status")
        on = status.get("processors_on") if isinstance(status, dict) else None
        claim(f"nadir status reports {counted(options.processors)} virtualised", on == options.processors,
              f"it says {on}")
        command("stats", "nadir stats answers")
        optional = Exits(exits_by_reason(seen)).optional()
        claim("the counters show CPUID exits on each processor, and no optional exit",
              not optional and all(exits_with_reason(seen, processor, CPUID_EXIT) > 0 for processor in every),
              f"optional, by basic exit reason: {optional}" if optional else "")
        command("off", "nadir off succeeds")
    command("workload-after", "the workload passes afterwards")
    claim("afterwards it sees the same as before", _same(seen, "before", "after"))
    for processor in every:
        before, after = (stops[phase].get(processor) for phase in ("before", "after"))
        changed = differences(before, after, processor, _OF_THE_PROCESS) if before and after else ["not observed"]
        claim(f"the emulator's debugger: processor {processor} is out of VMX operation, its control, debug and "
              "descriptor registers and MSRs as before",
              not changed and not after.in_vmx(processor), "; ".join(changed[:6]))
    if not options.workload_only:
        command("rmmod", "the module unloads")
    claim("the kernel logged no warning meanwhile",
          "before" in seen.complaints and seen.complaints["before"] == seen.complaints.get("after"))
    claim("the emulator's log: no VM entry or VMX instruction failed", not run.vmx_failures,
          "; ".join(run.vmx_failures[:3]))
    claim("the machine powered itself off", run.reason == "poweroff", f"it ended by {run.reason}")
    return list_of


def _same(seen: Observations, one: str, other: str) -> bool:
    result = seen.workload.get(one, "")
    return result.startswith("ok") and result == seen.workload.get(other)


def processors_of(seen: Observations, label: str = "stats") -> list[dict]:
    document = seen.json.get(label)
    found = document.get("processors", []) if isinstance(document, dict) else []
    return [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []


def exits_of(seen: Observations, processor: int) -> dict[str, int]:
    """Exits by the name of their reason, from `nadir stats --json`."""
    for entry in processors_of(seen):
        if entry.get("processor") == processor:
            exits = entry.get("exits")
            return {exit["name"]: exit["count"] for exit in exits} if isinstance(exits, list) else {}
    return {}


def exits_by_reason(seen: Observations) -> Counter:
    """Of all processors."""
    return Counter({reason: sum(exits_with_reason(seen, entry.get("processor"), reason) for entry in processors_of(seen))
                    for entry in processors_of(seen) if isinstance(entry.get("exits"), list)
                    for reason in {exit.get("reason") for exit in entry["exits"]}})


def exits_with_reason(seen: Observations, processor: int, reason: int) -> int:
    for entry in processors_of(seen):
        if entry.get("processor") == processor and isinstance(entry.get("exits"), list):
            return sum(exit.get("count", 0) for exit in entry["exits"] if exit.get("reason") == reason)
    return 0
