# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The flight recorder: what a running Nadir tells of it, and what a memory image of the machine has, are the same."""

from __future__ import annotations

import json
import re
import struct
import subprocess

import pytest

from emulator import product
from emulator.debugger import write_memory

from .host import boot, expect_ok, matching

MEMORY_MIB = 64
RDMSR, CPUID, VMCALL, XSETBV = 31, 10, 18, 55


def live(run) -> tuple[dict, list[dict]]:
    """What the program printed of the last processor's recorder, by its own request."""
    (head,) = matching(run, "recorder of processor ")
    numbers = dict(re.findall(r"(\w+) (\d+)", head))
    exits = []
    for line in matching(run, "exit "):
        number, rest = re.match(r"exit (\d+): (.*)", line).groups()
        words = rest.split()
        exits.append({"number": int(number), **dict(zip(words[::2], words[1::2]))})
    return numbers, exits


def in_image(*arguments) -> subprocess.CompletedProcess:
    return subprocess.run([product.tool(), "recorder", "--image", *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL)


def elf_core(image, path):
    """The same memory as an ELF core file of two segments, the upper half first."""
    content = image.read_bytes()
    half = len(content) // 2
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 4, 62, 1, 0, 64, 0, 0, 64, 56, 2, 0, 0, 0)
    offset = 64 + 2 * 56
    for number, start in enumerate((half, 0)):
        header += struct.pack("<IIQQQQQQ", 1, 6, offset + number * half, start, start, half, half, 4096)
    path.write_bytes(header + content[half:] + content[:half])
    return path


def run_recorder(tmp_path, line=""):
    """The first processor leaves VMX operation at the end, and there the emulator's debugger writes all memory to a file."""
    image = tmp_path / "memory.img"
    run = boot(tmp_path, f"test=recorder {line}", processors=2, memory_mib=MEMORY_MIB, magic_break=True,
               commands=["c", write_memory(image, MEMORY_MIB), "c"])
    assert len(run.stops) == 1 and run.stops[0].processor == 0
    assert image.stat().st_size == MEMORY_MIB << 20
    return expect_ok(run), image


def same_exits(found: dict, exits: list[dict]) -> None:
    assert [one["number"] for one in found["exits"]] == [one["number"] for one in exits]
    for shown, one in zip(found["exits"], exits):
        assert shown["ticks"] == int(one["time"])
        assert shown["reason"] == int(one["reason"])
        for name in ("rip", "qualification", "detail", "event"):
            assert int(shown[name], 16) == int(one[name], 16), name


@pytest.mark.quick
def test_a_running_machine(tmp_path):
    run, image = run_recorder(tmp_path)
    head, exits = live(run)
    assert [int(one["reason"]) for one in exits] == [VMCALL, CPUID, RDMSR, XSETBV]
    assert [int(one["cpuids"]) for one in exits] == [0, 5, 6, 9], "those that cpu/exit.S answered are counted"
    assert [int(one["outcome"]) for one in exits] == [1, 1, 4, 1], "the MSR's #GP"
    assert (head["begun"], head["cpuids"], head["state"]) == ("4", "9", "2")
    answer = in_image(image, "--json")
    assert answer.returncode == 0, answer.stderr
    # The first processor has left: its recorder is still there, and says so.
    found = {one["processor"]: one for one in json.loads(answer.stdout)["processors"]}
    assert (found[0]["state"], found[1]["state"]) == ("off", "on")
    same_exits(found[1], exits)
    assert found[0]["exits"][-1]["outcome"] == "left"
    words = in_image(image, "--processor", "1").stdout
    assert "5 CPUIDs answered at once" in words and "RDMSR: MSR 0x12345678 [#GP]" in words
    assert "Processor 0" not in words


@pytest.mark.quick
def test_a_machine_whose_processor_died_in_root_mode(tmp_path):
    run, image = run_recorder(tmp_path, "provoke=1")
    head, exits = live(run)
    assert head["state"] == "3" and int(exits[-1]["outcome"]) == 0
    for path in (image, elf_core(image, tmp_path / "core.img")):
        answer = in_image(path, "--json", "--processor", "1")
        assert answer.returncode == 0, answer.stderr
        (found,) = json.loads(answer.stdout)["processors"]
        assert found["state"] == "dead"
        assert found["exits"][-1]["outcome"] == "in-work"
        same_exits(found, exits)
        assert int(found["physical_address"], 16) % 4096 == 0
    # A part of the memory, without the arena.
    (tmp_path / "half.img").write_bytes(image.read_bytes()[:MEMORY_MIB << 19])
    answer = in_image(tmp_path / "half.img")
    assert answer.returncode == 1 and "no flight recorder" in answer.stderr and answer.stdout == ""


@pytest.mark.quick
def test_every_exit_is_recorded_when_asked_for(tmp_path):
    run = expect_ok(boot(tmp_path, "test=recorder record=every", processors=2))
    _, exits = live(run)
    assert [int(one["reason"]) for one in exits] == [VMCALL, *[CPUID] * 6, RDMSR, *[CPUID] * 3, XSETBV]
    assert [int(one["detail"], 16) >> 32 for one in exits[1:7]] == [0, 0, 0, 0, 0, 1], "the leaves"
