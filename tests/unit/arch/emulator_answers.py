# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the emulator says about its processor models, by itself and when asked.

By itself: at start-up it logs the names of a model's features and what CPUID will return; its program has the names of
all VM exit reasons. When asked: the CPUID and MSR values in tests/tool/models (tests/tool/test_models.py reads them anew),
and the VMCS fields that a program finds there (emulated/vmcs_fields.cxx).
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from emulator import bochs, fastboot

REGISTERS = ("eax", "ebx", "ecx", "edx")


@dataclass
class Announced:
    """What a model logs at start-up."""

    features: set[str]
    cpuid: dict[tuple[int, int, str], int]  # leaf, sub-leaf, register


def announced(model: str, directory: Path) -> Announced:
    """No instruction is executed for it: the debugger has no command but to quit."""
    log = bochs.Machine(model=model, memory_mib=32, commands=()).run(timeout=20, directory=directory).log
    start = log.index("CPU Features supported:")
    features = re.match(r".*\n((?:.*\[CPU0  \] \t\t.*\n)*)", log[start:])[1]
    cpuid = {}
    for leaf, values in re.findall(r"CPUID\[0x([0-9a-f]{8})\]: ((?:[0-9a-f]{8} ?){4})", log[:start]):
        for register, value in zip(REGISTERS, values.split()):
            cpuid[int(leaf, 16), 0, register] = int(value, 16)
    return Announced({line.split("\t\t")[1].strip() for line in features.splitlines()}, cpuid)


@dataclass
class Recorded:
    """What a model answered to CPUID and RDMSR."""

    cpuid: dict[tuple[int, int, str], int]
    msr: dict[int, int]


def recorded(models: Path, model: str) -> Recorded:
    capabilities = json.loads((models / f"{model}.json").read_text())["processors"][0]["capabilities"]
    cpuid = {}
    for name, values in capabilities["cpuid"].items():
        leaf, _, sub_leaf = name.partition(".")
        for register, value in zip(REGISTERS, values):
            cpuid[int(leaf, 16), int(sub_leaf or "0"), register] = int(value, 16)
    return Recorded(cpuid, {int(index, 16): int(value, 16) for index, value in capabilities["msr"].items()})


def build(program: str, root: Path, compiler: str, directory: Path) -> Path:
    """A program of emulated/, as a Multiboot kernel."""
    flags = [flag for flag in (root / "core/flags.txt").read_text().split() if flag != "-mcmodel=kernel"]
    guest = root / "tests/small_guest"
    if "clang" in Path(compiler).name:
        flags.append("-Wno-unused-command-line-argument")
    subprocess.run([compiler, *flags, "-nostdlib", "-static", "-no-pie", "-Wl,--build-id=none", "-Wl,-z,noexecstack",
                    "-Wl,-z,max-page-size=4096", "-Wl,--no-warn-rwx-segments", f"-Wl,-T,{guest / 'small_guest.ld'}", f"-I{root}", "-o",
                    directory / program, guest / "start.S", Path(__file__).parent / "emulated" / f"{program}.cxx"],
                   check=True, timeout=120)
    return directory / program


def vmcs_fields(model: str, prober: Path, directory: Path) -> dict[int, int]:
    """{encoding: what is in the field after all ones were written}; 0 for fields that can't be written."""
    machine = fastboot.multiboot(bochs.Machine(model=model, memory_mib=64), directory, prober)
    run = machine.run(timeout=30, directory=directory)
    assert run.reason == "shutdown" and run.lines[-1] == "end", run.tail()
    fields = {}
    for line in run.lines:
        if line.startswith("field"):
            _, encoding, value, *read_only = line.split()
            fields[int(encoding, 16)] = 0 if read_only else int(value, 16)
    return fields


def register_bits(model: str, prober: Path, directory: Path) -> dict[str, list[tuple[int, dict[str, bool]]]]:
    """{register: [(value, {name of a bit: is it set?})]} as the debugger shows them, for many values."""
    commands = ["c", *["creg", "dreg", "r", "c"] * 100]
    machine = bochs.Machine(model=model, memory_mib=64, magic_break=True, commands=commands)
    run = fastboot.multiboot(machine, directory, prober).run(timeout=30, directory=directory)
    assert run.reason == "shutdown", run.tail()
    shown: dict[str, list[tuple[int, dict[str, bool]]]] = {}
    for register, value, words in re.findall(r"^(CR0|CR4|EFER|XCR0|DR6|DR7|eflags)[= ](0x[0-9a-f]+): (.*)$", run.debugger,
                                             re.MULTILINE):
        # "smep" is 0, "SMEP" is 1; fields of more than a bit ("IOPL=0", "DR3=Code-Byte") are left out.
        bits = {word.lower(): word.isupper() for word in words.split() if re.fullmatch(r"[A-Za-z]\w*", word)}
        shown.setdefault(register.lower(), []).append((int(value, 16), bits))
    return shown


def exit_reason_names(first: str, count: int) -> list[str]:
    """The emulator's table of names, as its program has it: pointers to strings, found by the first string."""
    program = Path(shutil.which("bochs-bin") or "/usr/bin/bochs-bin").read_bytes()
    start = program.index(b"\0" + first.encode() + b"\0") + 1
    targets = {slot: target for slot, target in _relative_relocations(program)}
    slots = [slot for slot, target in targets.items() if _offset(program, target) == start]
    assert len(slots) == 1, "the table's place isn't clear"
    names = []
    for number in range(count):
        offset = _offset(program, targets[slots[0] + 8 * number])
        names.append(program[offset:program.index(b"\0", offset)].decode())
    return names


def _segments(program: bytes):
    """(offset, virtual address, size in the file, type) of each program header."""
    (table,), (size, count) = struct.unpack_from("<Q", program, 32), struct.unpack_from("<HH", program, 54)
    for number in range(count):
        kind, _, offset, address, _, in_file = struct.unpack_from("<IIQQQQ", program, table + number * size)
        yield offset, address, in_file, kind


def _offset(program: bytes, address: int) -> int:
    for offset, start, size, kind in _segments(program):
        if kind == 1 and start <= address < start + size:
            return offset + address - start
    return -1


def _relative_relocations(program: bytes):
    """(where, to what) of each R_X86_64_RELATIVE, by the dynamic section."""
    dynamic = next((offset, size) for offset, _, size, kind in _segments(program) if kind == 2)
    tags = dict(struct.unpack_from("<QQ", program, dynamic[0] + at) for at in range(0, dynamic[1], 16))
    table, size = _offset(program, tags[7]), tags[8]  # DT_RELA, DT_RELASZ
    for at in range(table, table + size, 24):
        where, kind, target = struct.unpack_from("<QQq", program, at)
        if kind == 8:
            yield where, target
