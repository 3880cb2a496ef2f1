# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Multiboot kernels as guests: each gets what the boot loader would have given it, and starts its own processors."""

import struct

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
    check_bios(run)


def check_bios(run):
    """Asked in real mode, the BIOS says the same as the loader."""
    (upper,) = (int(line.split()[-1], 16) for line in matching(run, "guest: upper KiB"))
    memory = matching(run, "guest: memory ")
    assert [line.replace("bios ", "") for line in matching(run, "guest: bios memory ")] == memory and len(memory) > 5
    (words,) = (line.split() for line in matching(run, "guest: bios low KiB"))
    assert int(words[4], 16) == int(memory[0].split()[3], 16) >> 10
    assert int(words[6], 16) == min(upper, 63 << 10)
    sizes = [min(upper, 15 << 10), (upper - (15 << 10)) // 64]
    assert [int(word, 16) for word in words[8:12]] == sizes * 2
    assert words[-1] == f"{0xFFFF:016x}"  # refused: not asked as E820H is


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


def small_linux(place, memory, pad):
    """A bzImage of boot protocol 2.10 that can't be moved: it prints its header's magic, the initrd's first 4 bytes, its own last 8."""
    code = bytes.fromhex(
        "66ba f803"               # mov dx, COM1 (whose FIFO takes 16 bytes)
        "89f3 8db6 02020000"      # mov ebx, esi; lea esi, [esi + header]
        "b9 04000000 f36e"        # mov ecx, 4; rep outsb
        "8bb3 18020000"           # mov esi, [ebx + ramdisk_image]
        "b9 04000000 f36e be") + struct.pack("<I", place + pad - 8) + bytes.fromhex(
        "b9 08000000 f36e"
        "66ba fd03 ec a840 74fb"  # until the last character has left
        "66ba 0089 be") + struct.pack("<I", place + pad - 16) + bytes.fromhex("b9 08000000 f36e f4")
    header = bytearray(1024)
    header[0x1F1] = 1  # setup_sects
    header[0x1FE:0x200], header[0x201], header[0x202:0x206] = b"\x55\xaa", 0x62, b"HdrS"
    struct.pack_into("<H", header, 0x206, 0x20A)
    header[0x211] = 1  # LOADED_HIGH
    struct.pack_into("<I", header, 0x22C, 0x7FFFFFFF)
    struct.pack_into("<IB", header, 0x230, 0x1000, 0)  # not relocatable
    struct.pack_into("<QI", header, 0x258, place, memory)
    return bytes(header) + code.ljust(pad - 16, b"\x90") + b"Shutdownits end\n"


@pytest.mark.quick
@pytest.mark.parametrize("mode", ("bare", "log=error"))
@pytest.mark.parametrize("place", (0x100000, 0x200000))
def test_linux_where_its_files_are(tmp_path, mode, place):
    """The loader put both files right behind nadir.elf, where this kernel wants to be; and it wants to be nowhere else."""
    modules = [fastboot.Module(small_linux(place, 0x300000, 1 << 20)), fastboot.Module(b"ramdisk")]
    run = boot(tmp_path, mode, modules, timeout=10)
    assert run.reason == "shutdown" and "HdrSramdits end" in run.lines, run.tail()


@pytest.mark.quick
def test_linux_in_no_place(tmp_path):
    run = boot(tmp_path, "bare", [fastboot.Module(small_linux(0x40000000, 0x300000, 1 << 20))])
    assert "can't be loaded: it isn't relocatable, and its place is no usable memory, or ours" in run.serial
    assert run.reason == "shutdown"
