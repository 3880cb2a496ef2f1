# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Multiboot kernels as guests: each gets what the boot loader would have given it, and starts its own processors."""

import pytest

from emulator import fastboot, grub, product
from emulator.bochs import Machine

from .host import boot, expect_ok, guest, matching, processors_in_guest

CONTENT = bytes(range(251)) * 2000
KERNELS = ("guest_elf", "guest_address_fields")


def modules(name):
    return [fastboot.Module(guest(name), "one two=3"), fastboot.Module(CONTENT, "first -x"),
            fastboot.Module(b"second", "second")]


def check(run, processors):
    lines = expect_ok(run).lines
    assert "guest: magic 000000002badb002" in lines
    assert "guest: command line: one two=3" in lines
    assert f"guest: module first -x bytes {len(CONTENT):016x} sum {sum(CONTENT) & 0xFFFFFFFF:016x}" in lines
    assert f"guest: module second bytes {6:016x} sum {sum(b'second'):016x}" in lines
    assert f"guest: others started {processors - 1:016x}" in lines
    # Our own memory, as the host prints it, is reserved in the guest's map.
    (host,) = matching(run, "nadir: bare host")
    start, end = (int(word, 16) for word in host.split("memory ")[1].split(" to "))
    entries = [tuple(int(word, 16) for word in (part[2], part[3], part[5]))
               for part in (line.split() for line in matching(run, "guest: memory "))]
    assert (start, end - start, 2) in entries
    for first, length, kind in entries:
        assert kind != 1 or first >= end or first + length <= start


@pytest.mark.quick
@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("processors", (1, 2, 4))
def test_multiboot_kernel(tmp_path, kernel, processors):
    said = []
    for mode in ("bare", ""):
        run = boot(tmp_path / (mode or "nadir"), mode, modules(kernel), processors=processors)
        check(run, processors)
        assert processors_in_guest(run) == ([] if mode == "bare" else list(range(processors)))
        said.append(matching(run, "guest:"))
    assert said[0] == said[1]


@pytest.mark.quick
def test_something_else_is_refused(tmp_path):
    run = boot(tmp_path, "", [fastboot.Module(b"not a kernel" * 1000, "x")])
    assert "neither a Multiboot kernel nor a Linux bzImage" in run.serial
    assert run.reason == "shutdown"


def test_multiboot_kernel_from_grub(tmp_path):
    menu = grub.entry("multiboot /nadir.elf log=info\nmodule /guest one two=3\nmodule /a first -x\nmodule /b second")
    machine = Machine(processors=2, memory_mib=128, ignore_bad_msrs=False)
    machine = grub.boot(machine, tmp_path, menu, {"nadir.elf": product.bare_kernel(), "guest": guest("guest_elf"),
                                                  "a": CONTENT, "b": b"second"})
    run = machine.run(timeout=90, directory=tmp_path)
    check(run, 2)
    assert processors_in_guest(run) == [0, 1]
