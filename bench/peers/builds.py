# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Builds our own programs of guest/ into build/peers/."""

from __future__ import annotations

import subprocess
from pathlib import Path

from emulator.places import ROOT, only_one

GUEST = Path(__file__).resolve().parent / "guest"
OUT = ROOT / "build" / "peers"

_COMMON = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror"]
# In the guest there is no system, and its own interrupts may come at any instruction.
_BARE = ["-ffreestanding", "-mgeneral-regs-only", "-mno-red-zone", "-fno-stack-protector"]
_MEASURE = ["measure.c", "checks.c", "traps.c", "traps.S", "wrap.c", "print.c"]


def _made(name: str, sources: list[str], command: list[str]) -> Path:
    """The program `name`, made now unless it is newer than all files of guest/."""
    target = OUT / name
    with only_one("peers"):
        newest = max(path.stat().st_mtime for path in GUEST.iterdir())
        if not target.exists() or target.stat().st_mtime < newest:
            OUT.mkdir(parents=True, exist_ok=True)
            subprocess.run([*command, "-o", target, *sources], cwd=GUEST, check=True, stdin=subprocess.DEVNULL)
    return target


def kvm_program() -> Path:
    """The program that runs a guest in a virtual machine of KVM's."""
    return _made("kvm", ["kvm.c"], ["gcc", *_COMMON, "-static"])


def kvm_guest() -> Path:
    return _made("kvm_guest.elf", ["kvm_guest.c", *_MEASURE],
                 ["gcc", *_COMMON, *_BARE, "-fno-pie", "-no-pie", "-fcf-protection=none", "-nostdlib", "-static",
                  "-Wl,-Ttext-segment=0x100000", "-Wl,-z,noexecstack", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments"])


def efi_application(wrap_first: bool = False) -> Path:
    """The UEFI application that measures, starts a peer and measures again. wrap_first: see guest/measure.h."""
    return _made("wrap-first.efi" if wrap_first else "bootx64.efi", ["efi.c", *_MEASURE],
                 ["clang-16", "-target", "x86_64-unknown-windows", "-fuse-ld=lld", *_COMMON, *_BARE, "-fshort-wchar",
                  f"-DPEERS_WRAP_FIRST={int(wrap_first)}",
                  "-mno-stack-arg-probe", "-nostdlib", "-Wl,-nodefaultlib", "-Wl,-entry:efi_main",
                  "-Wl,-subsystem:efi_application"])


def multiboot_kernel() -> Path:
    """The Multiboot kernel that measures."""
    return _made("guest.elf", ["multiboot.S", "multiboot.c", *_MEASURE],
                 ["gcc", *_COMMON, *_BARE, "-fno-pie", "-no-pie", "-fcf-protection=none", "-nostdlib", "-static",
                  "-Wl,-Ttext-segment=0x1000000", "-Wl,-z,noexecstack", "-Wl,-z,max-page-size=4096", "-Wl,--build-id=none",
                  "-Wl,--no-warn-rwx-segments"])
