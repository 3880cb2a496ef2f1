# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The emulator as witness: reads what Bochs' internal debugger says about each processor.

Debian's Bochs is built with its debugger, whose command `show "cpu1.VMX"` prints the emulator's own state of a
processor. `in_vmx` there is VMX operation, `in_vmx_guest` is VMX non-root operation; the cached VMCS with `eptptr`,
`vpid` and the controls follows. None of it passes through code of ours, so it can contradict our counters.

How a run is stopped at the right moment:
  - a magic breakpoint: `Machine(magic_break=True)`, and the guest executes `xchg bx, bx` at any privilege, in root or
    non-root operation (tests/linux/workload does so in user mode);
  - `pb ADDRESS` breaks at a physical address, `lb ADDRESS` at a linear one;
  - `vmexitbp` breaks at each VM exit, after the switch to root operation.
The list `Machine.commands` is executed in order; each `c` runs on to the next stop. For example

    commands = stops_of(processors=2, count=1, more=("CR0", "CR4"))

asks for one stop with VMX state, CR0 and CR4 of both processors; `Run.stops[0].in_guest(1)` then answers.
The emulator's log is the second witness: `Run.vmx_failures` (its words on refused VM entries); with
`Machine(cpu_debug=True)` it also notes each VM exit of a (short) run, see vm_exits().
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

# What a processor must have back after VMXOFF, as the debugger names it. FPU and SSE state belong to the program.
MACHINE_STATE = ("DR0", "DR1", "DR2", "DR3", "DR6", "DR7", "CR0", "CR3", "CR4", "XCR0", "ES", "CS", "SS", "DS", "FS",
                 "GS", "GDTR", "IDTR", "LDTR", "TR", "MSR", "tsc_offset")

# Where a processor is, for a run that doesn't end by itself.
WHERE = ("RIP", "RSP", "EFLAGS", "CS", "CR0", "CR3", "CR4", "activity_state", "VMX")

_UNUSABLE = ("0x00000000", "0x0", "false")  # of a segment register's `valid`
_NEXT = re.compile(r'^(?:show ".*"|c|vmexitbp|pb .*|lb .*|sb .*|q)$')
_VALUE = re.compile(r"^\s*(\w+) = (\S+)$")
_OPEN = re.compile(r"^\s*(\w+) = \{$")
_STOPPED = re.compile(r"^\((\d+)\) (Magic breakpoint|Breakpoint \d+|Caught VMEXIT breakpoint|Caught .*)")
_SHOWN = re.compile(r"^show param name: <cpu(\d+)\.([\w.]+)>$")


@dataclass
class Stop:
    """One stop in the debugger: which processor hit it, why, and the states asked for (by processor)."""

    processor: int
    reason: str
    states: dict[int, dict[str, str]] = field(default_factory=dict)

    def in_vmx(self, processor: int) -> bool:
        """VMX operation (root or non-root) at this stop, as the emulator has it."""
        return self._state(processor, "VMX.in_vmx") == "true"

    def in_guest(self, processor: int) -> bool:
        """VMX non-root operation at this stop, as the emulator has it."""
        return self._state(processor, "VMX.in_vmx_guest") == "true"

    def value(self, processor: int, name: str) -> int:
        return int(self._state(processor, name), 0)

    def _state(self, processor: int, name: str) -> str:
        try:
            return self.states[processor][name]
        except KeyError:
            raise KeyError(f"{name} of processor {processor} wasn't asked for at this stop") from None


def show(processors: int, names: tuple[str, ...] = ("VMX",)) -> list[str]:
    """Debugger commands that print these parts of each processor's state."""
    return [f'show "cpu{number}.{name}"' for number in range(processors) for name in names]


def stops_of(processors: int, count: int, more: tuple[str, ...] = ()) -> list[str]:
    """Commands for `count` stops, each with the VMX state and the parts `more`, and then on to the end of the run."""
    return ["c", *([*show(processors, ("VMX", *more)), "c"] * count)]


def parse_stops(text: str) -> list[Stop]:
    """The stops of a debugger log (`-dbglog`), in order."""
    stops: list[Stop] = []
    target: dict[str, str] | None = None
    path: list[str] = []
    for line in text.splitlines():
        line = line.rstrip()
        if match := _STOPPED.match(line):
            stops.append(Stop(int(match[1]), match[2]))
            target = None
        elif match := _SHOWN.match(line):
            if stops:
                target = stops[-1].states.setdefault(int(match[1]), {})
                path = match[2].split(".")[:-1]
        elif _NEXT.match(line):
            target = None
        elif target is not None:
            if match := _OPEN.match(line):
                path.append(match[1])
            elif line.strip() == "}":
                path.pop()
            elif match := _VALUE.match(line):
                target[".".join([*path, match[1]])] = match[2]
    return stops


def write_memory(file: Path, memory_mib: int) -> str:
    """The debugger's command that writes all of a machine's physical memory into a file."""
    return f'writemem "{file.resolve()}" 0 {memory_mib << 20}'


def where(text: str) -> list[str]:
    """For a person: where each processor was when the run was interrupted, from the end of a debugger log."""
    states: dict[int, dict[str, str]] = {}
    for stop in parse_stops("(0) Caught nothing yet\n" + text):
        states.update(stop.states)
    lines = []
    for processor, state in sorted(states.items()):
        mode = ("VMX non-root operation" if state.get("VMX.in_vmx_guest") == "true" else
                "VMX root operation" if state.get("VMX.in_vmx") == "true" else "outside VMX operation")
        registers = " ".join(f"{name} {state[name]}" for name in WHERE if name in state)
        lines.append(f"processor {processor} {mode}: CS {state.get('CS.selector', '?')} {registers}")
    return lines


def differences(before: Stop, after: Stop, processor: int, ignore: tuple[str, ...] = ()) -> list[str]:
    """What differs in a processor's state between two stops; `ignore` names values or groups.

    Of a segment register that is unusable both times only the selector counts: no instruction can see the rest.
    """
    old, new = before.states[processor], after.states[processor]

    def ignored(name: str) -> bool:
        group, _, part = name.partition(".")
        unusable = all(state.get(group + ".valid") in _UNUSABLE for state in (old, new))
        if unusable and part not in ("", "selector", "valid"):
            return True
        return any(name == other or name.startswith(other + ".") for other in ignore)

    return [f"cpu{processor} {name}: {old.get(name)} -> {new.get(name)}"
            for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name) and not ignored(name)]


_EXIT = re.compile(r"\[CPU(\d+)\s*\].*VMEXIT reason\s*=?\s*(\d+)")


def vm_exits(log: str) -> dict[int, Counter]:
    """VM exits by basic exit reason, for each processor, from the log of a run with cpu_debug."""
    exits: dict[int, Counter] = {}
    for match in _EXIT.finditer(log):
        exits.setdefault(int(match[1]), Counter())[int(match[2])] += 1
    return exits


_LAUNCH = re.compile(r"\[CPU(\d+)\s*\] VMLAUNCH VMCS ptr")


def vm_launches(log: str) -> Counter:
    """VMLAUNCHes of each processor, from the log of a run with cpu_debug."""
    return Counter(int(match[1]) for match in _LAUNCH.finditer(log))
