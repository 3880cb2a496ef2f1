# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The harness itself: a Multiboot kernel and Debian's kernel come up quickly, whole, and the same each time."""

import re

import pytest

from . import debian, fastboot
from .bochs import Machine
from .initrd import Initrd
from .kernel_command_line import QUICK
from .debugger import MACHINE_STATE, differences, stops_of
from .programs import multiboot_kernel

pytestmark = pytest.mark.quick


def hello(tmp_path, machine, bits=32, command_line="", modules=()):
    kernel = multiboot_kernel("hello", tmp_path, bits)
    return fastboot.multiboot(machine, tmp_path, kernel, command_line, modules)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("processors", [1, 4])
def test_multiboot_kernel_finds_what_it_was_given(tmp_path, processors, bits):
    modules = [fastboot.Module(b"\x01" * 5, "first one"), fastboot.Module(bytes(range(256)) * 4096, "second")]
    machine = hello(tmp_path, Machine(processors=processors), bits, "one two=3", modules)
    run = machine.run(timeout=30, directory=tmp_path)
    assert run.reason == "shutdown"
    assert run.lines[0].startswith("hello, command line: one two=3; modules: 00000002 ")
    assert " first one=00000005 " in run.serial
    assert f" second={sum(range(256)) * 4096:08x};" in run.serial
    assert run.lines[0].endswith("bss: 00000000"), "memory beyond the file isn't zero"


@pytest.mark.parametrize("memory", [64, 2048])
def test_memory_sizes(tmp_path, memory):
    run = hello(tmp_path, Machine(memory_mib=memory)).run(timeout=30, directory=tmp_path)
    assert f"upper memory KiB: {(memory << 10) - 1024 - 64:08x}" in run.serial


def test_two_runs_are_the_same_to_the_tick(tmp_path):
    machine = hello(tmp_path, Machine())
    ends = []
    for _ in range(2):
        run = machine.run(timeout=30, directory=tmp_path)
        ends.append(re.search(r"^(\d+)p.*Shutdown port", run.log, re.MULTILINE)[1])
    assert ends[0] == ends[1]


def test_a_hanging_guest_is_stopped(tmp_path):
    run = hello(tmp_path, Machine(processors=2), command_line="hang").run(timeout=3, directory=tmp_path)
    assert run.reason == "timeout" and not run.ok
    assert re.search(r"^processor 0 outside VMX operation: CS 0x10 RIP 0x10", run.tail(), re.MULTILINE)
    assert re.search(r"^processor 1 outside VMX operation: CS 0x9f00 RIP ", run.tail(), re.MULTILINE)


def test_a_reset_and_a_triple_fault_are_told_apart(tmp_path):
    assert hello(tmp_path, Machine(), command_line="reset").run(30, directory=tmp_path).reason == "reset"
    run = hello(tmp_path, Machine(), command_line="triple").run(30, directory=tmp_path)
    assert run.reason == "panic"
    assert any("3rd" in line for line in run.panics)


def test_the_debugger_sees_each_processor(tmp_path):
    machine = Machine(processors=2, magic_break=True, commands=stops_of(2, 2, more=MACHINE_STATE))
    run = hello(tmp_path, machine, command_line="magic").run(timeout=30, directory=tmp_path)
    assert run.reason == "shutdown"
    first, second = run.stops
    assert first.reason == second.reason == "Magic breakpoint"
    assert first.processor == 0
    for processor in range(2):
        assert not first.in_vmx(processor) and not first.in_guest(processor)
        assert first.value(processor, "MSR.ia32_feature_ctrl") == 5
    assert differences(first, second, 1) == []
    assert differences(first, second, 0) == ["cpu0 DR0: 0x0 -> 0x1234"]


def test_debian_kernel_boots_on_two_processors(tmp_path):
    initrd = Initrd()
    initrd.script("init", "#!/bin/sh\nmount -t proc proc /proc\necho @@ processors $(nproc)\npoweroff -f\n")
    seen = []
    machine = fastboot.linux(Machine(processors=2), tmp_path, debian.kernel(), initrd.archive(), QUICK)
    run = machine.run(timeout=90, directory=tmp_path, on_line=seen.append)
    assert run.reason == "poweroff"
    assert "@@ processors 2" in run.lines
    assert seen == run.lines
