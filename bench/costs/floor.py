# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The floor: the least that a hypervisor's answer to CPUID can take. A Multiboot kernel, for the emulator and for hardware."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from emulator import fastboot, programs
from emulator.bochs import Machine
from emulator.places import BUILD, ROOT, only_one

SOURCES = ROOT / "bench" / "hardware" / "floor"


def build(target: Path) -> Path:
    """The kernel, for GRUB's `multiboot`."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with only_one("floor"):
        objects = [target.with_name("floor_start.o"), target.with_name("floor_measure.o")]
        subprocess.run(["as", "--32", "-I", programs.SOURCES, "-o", objects[0], SOURCES / "floor.s"], check=True)
        subprocess.run(["gcc", "-m32", "-std=gnu11", "-O2", "-ffreestanding", "-fno-pic", "-fno-stack-protector", "-mgeneral-regs-only",
                        "-fcf-protection=none", "-fno-asynchronous-unwind-tables", "-Wall", "-Wextra", "-Werror", "-c", "-o",
                        objects[1], SOURCES / "measure.c"], check=True)
        subprocess.run(["ld", "-m", "elf_i386", "-nostdlib", "-Ttext-segment=0x100000", "-z", "noexecstack",
                        "--no-warn-rwx-segments", "-e", "_start", "-o", target, *objects], check=True)
    return target


def parse(serial: str) -> dict[str, int]:
    return {name: int(value) for name, value in re.findall(r"^@@ floor (\w+) (\d+)\r?$", serial, re.MULTILINE)}


def measure(directory: Path, model: str) -> dict[str, int]:
    """In the emulator: instructions. Empty when it didn't finish."""
    kernel = build(BUILD / "bench" / "floor.elf")
    machine = fastboot.multiboot(Machine(model=model, memory_mib=64), directory, kernel)
    run = machine.run(timeout=30, directory=directory)
    return parse(run.serial) if run.ok else {}
