# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Debian's unmodified kernel, from GRUB, as the guest of nadir.elf on two processors: to a shell and to power-off."""

import pytest

from emulator import debian, fastboot, grub, product
from emulator.bochs import Machine
from emulator.initrd import Initrd
from emulator.kernel_command_line import DEFAULTS, QUICK

from .host import boot, processors_in_guest

SCRIPT = """#!/bin/sh
mount -t proc proc /proc
echo "processors $(nproc)"
echo "release $(uname -r)"
taskset 1 sh -c 'echo "first $(grep -c vmx /proc/cpuinfo)"'
taskset 2 sh -c 'echo "second"'
echo "@@ shell done"
poweroff -f
"""


def initrd():
    image = Initrd()
    image.script("init", SCRIPT)
    return image.archive()


def check(run):
    assert run.reason == "poweroff" and not run.vmx_failures and not run.panics, run.tail()
    assert processors_in_guest(run) == [0, 1]
    for line in ("nadir: entering the guest", "processors 2", f"release {debian.kernel_release()}", "second",
                 "@@ shell done"):
        assert line in run.lines, run.tail()


def test_linux_by_the_quick_boot(tmp_path):
    kernel = debian.kernel()
    run = boot(tmp_path, "log=error", [fastboot.Module(kernel.image, QUICK), fastboot.Module(initrd())], timeout=240,
               processors=2, memory_mib=512, ignore_bad_msrs=True)
    check(run)


@pytest.mark.slow
def test_linux_from_grub_with_its_defaults(tmp_path):
    menu = grub.entry(f"multiboot /nadir.elf log=info\nmodule /vmlinuz {DEFAULTS}\nmodule /initrd")
    machine = Machine(processors=2, memory_mib=512)
    machine = grub.boot(machine, tmp_path, menu, {"nadir.elf": product.bare_kernel(), "vmlinuz": debian.kernel().image,
                                                  "initrd": initrd()})
    check(machine.run(timeout=400, directory=tmp_path))
