# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What root mode does at each kind of VM exit, instruction by instruction, as the emulator's debugger traces them.

The program `bench` executes `xchg bx, bx` before and after what it measures; between the two the debugger prints every
instruction. An exit is what lies between HOST_RIP and VMRESUME; its kind is the guest's instruction before it.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from emulator import fastboot
from emulator.bochs import Machine
from emulator.places import new_run

ENTRIES = ("nadir_cpu_exit_entry", "nadir_cpu_general_exit_entry")
GENERAL = "nadir_handle_exit"
_TRACED = re.compile(r"^\(0\)\.\[\d+\] \[\w+\] \w+:(\w+) \(.*?\): (.*?)\s*;")


def addresses_of(image: Path, names: tuple[str, ...]) -> dict[int, str]:
    text = subprocess.run(["nm", image.with_name("nadir64.elf")], capture_output=True, text=True, check=True).stdout
    found = {int(line.split()[0], 16): line.split()[2] for line in text.splitlines() if line.split()[-1] in names}
    if len(found) != len(names):
        raise RuntimeError(f"{image.with_name('nadir64.elf')} lacks one of {', '.join(names)}")
    return found


def kind_of(guest: str, general: bool) -> str:
    """`mov cr0, rax` is a mov_cr0; a CPUID that the assembly answers is another kind than one that C++ answers."""
    words = guest.replace(",", " ").split()
    name = words[0] if words[0] != "mov" else f"mov_{words[1]}"
    return f"cpuid_{'general' if general else 'fast'}" if name == "cpuid" else name


def exits_in(trace: str, places: dict[int, str]) -> dict[str, dict[str, int]]:
    """By kind: the most instructions, VMREADs and VMWRITEs that one exit of it took."""
    kinds: dict[str, dict[str, int]] = {}
    guest, counts, general = "", None, False
    for line in trace.splitlines():
        match = _TRACED.match(line)
        if not match:
            continue
        place, instruction = places.get(int(match[1], 16)), match[2]
        if counts is None:
            if place not in ENTRIES:
                guest = instruction
                continue
            counts, general = {"instructions": 0, "vmreads": 0, "vmwrites": 0}, False
        general |= place == GENERAL
        counts["instructions"] += 1
        counts["vmreads"] += instruction.startswith("vmread")
        counts["vmwrites"] += instruction.startswith("vmwrite")
        if instruction.startswith("vmresume"):
            most = kinds.setdefault(kind_of(guest, general), dict.fromkeys(counts, 0))
            for what, count in counts.items():
                most[what] = max(most[what], count)
            counts = None
    return kinds


def count_exits(image: Path, model: str) -> dict[str, dict[str, int]]:
    directory = new_run("exits")
    machine = Machine(model=model, processors=1, memory_mib=128, magic_break=True,
                      commands=["c", "trace on", "c", "trace off", "c"])
    machine = fastboot.multiboot(machine, directory, image, "test=bench cycles=1")
    run = machine.run(timeout=60, directory=directory)
    kinds = exits_in(run.debugger, addresses_of(image, (*ENTRIES, GENERAL)))
    if not run.ok or not kinds:
        raise RuntimeError(f"the traced run did not finish:\n{run.tail()}")
    return kinds
