# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The machines that peers run in: one processor, so that the time-stamp counter counts instructions."""

from __future__ import annotations

import subprocess
from pathlib import Path

from emulator import debian, fastboot
from emulator.bochs import Machine, Run
from emulator.initrd import Initrd
from emulator.kernel_command_line import QUICK

from peers import builds, figures

MODEL = "corei7_skylake_x"
MITIGATIONS_OFF = "mitigations=off "

_KVM = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
for module in irqbypass kvm kvm-intel; do insmod /lib/modules/$module.ko; done
kvm /lib/guest.elf
sync
poweroff -f
"""


def kvm(directory: Path, mitigations: bool, model: str = MODEL) -> Run:
    """Debian's kernel with its KVM, and our guest in it."""
    kernel = debian.kernel()
    initrd = Initrd()
    for name in ("irqbypass", "kvm", "kvm-intel"):
        initrd.module(kernel.module(name))
    initrd.program("bin/kvm", builds.kvm_program())
    initrd.file("lib/guest.elf", builds.kvm_guest())
    initrd.script("init", _KVM)
    line = QUICK.replace(MITIGATIONS_OFF, "") if mitigations else QUICK
    if mitigations and line == QUICK:
        raise ValueError(f"{MITIGATIONS_OFF!r} isn't in the kernel's command line: both runs would be the same")
    machine = Machine(model=model, magic_break=True, commands=figures.commands())
    machine = fastboot.linux(machine, directory, kernel, initrd.archive(), line)
    return machine.run(timeout=120, directory=directory)


_FIRMWARE_FAULT = "!!!! Find image"  # the end of its report of an exception, after which it hangs

# Of the emulator's disk; 16 heads of 63 sectors.
_CYLINDERS = 32
_CYLINDER = 16 * 63 * 512


def disk(path: Path, files: dict[str, Path]) -> Path:
    """A FAT file system on a whole disk, with `files` by their names on it."""
    with open(path, "wb") as file:
        file.truncate(_CYLINDERS * _CYLINDER)
    folders = sorted({folder for name in files for folder in Path(name).parents if folder.name}, key=str)
    geometry = ["-t", str(_CYLINDERS), "-h", "16", "-s", "63"]
    for command in (["mformat", "-i", path, *geometry, "::"], *(["mmd", "-i", path, f"::{name}"] for name in folders),
                    *(["mcopy", "-i", path, source, f"::{name}"] for name, source in files.items())):
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if done.returncode:
            raise ValueError(f"{command[0]} can't make the disk: {(done.stderr or done.stdout).strip()}")
    return path


def efi(directory: Path, image: Path, beside: list[Path], model: str = MODEL, timeout: float = 120,
        wrap_first: bool = False) -> Run:
    """Debian's UEFI firmware, our application, and the peer's image with what is to lie beside it."""
    directory.mkdir(parents=True, exist_ok=True)
    files = {"EFI/BOOT/BOOTX64.EFI": builds.efi_application(wrap_first), "peer/image.efi": image,
             **{f"peer/{path.name}": path for path in beside}}
    firmware = debian.unpacked("ovmf") / "usr" / "share" / "ovmf" / "OVMF.fd"
    rom = f"romimage: file={firmware}, address={(1 << 32) - firmware.stat().st_size:#x}"
    machine = Machine(model=model, memory_mib=1024, disk=disk(directory / "disk.img", files), magic_break=True,
                      commands=figures.commands(), extra=[rom])
    run = machine.run(timeout=timeout, directory=directory, stop_when=lambda line: line.startswith(_FIRMWARE_FAULT))
    if run.reason == "flood":  # a peer that tries the same failing VM entry again and again; one line says as much
        (directory / "emulator.log").unlink()
    return run


def multiboot(directory: Path, hypervisor: Path, words: str, model: str = MODEL) -> Run:
    """A hypervisor that is a Multiboot kernel and boots another one, its first module: ours measures."""
    machine = Machine(model=model, memory_mib=512, ignore_bad_msrs=False, magic_break=True, commands=figures.commands())
    machine = fastboot.multiboot(machine, directory, hypervisor, words, [fastboot.Module(builds.multiboot_kernel())])
    return machine.run(timeout=60, directory=directory)
