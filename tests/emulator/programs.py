# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Builds the small guest programs that the harness itself brings along."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .places import ROOT, only_one

SOURCES = Path(__file__).resolve().parent / "boot"


def multiboot_kernel(name: str, directory: Path, bits: int = 32) -> Path:
    """Assembles boot/<name>.s into a Multiboot 1 ELF kernel; `bits` is the format of the file, not the code's."""
    directory.mkdir(parents=True, exist_ok=True)
    objects, kernel = directory / f"{name}.o", directory / f"{name}{bits}.elf"
    subprocess.run(["as", "--32", "-I", SOURCES, "-o", objects, SOURCES / f"{name}.s"], check=True)
    subprocess.run(["ld", "-m", "elf_i386", "-nostdlib", "-Ttext-segment=0x100000", "-z", "noexecstack",
                    "--no-warn-rwx-segments", "-e", "_start", "-o", kernel, objects], check=True)
    if bits == 64:
        narrow = kernel.rename(kernel.with_suffix(".narrow"))
        subprocess.run(["objcopy", "-O", "elf64-x86-64", narrow, kernel], check=True)
    return kernel


def _linked(folder: str, *flags: str) -> Path:
    """The program of tests/linux/<folder>, linked statically, built when one of its sources is newer."""
    sources = sorted(path for path in (ROOT / "tests" / "linux" / folder).iterdir() if path.suffix in (".c", ".h", ".S"))
    program = ROOT / "build" / "guest" / folder
    with only_one(folder):
        newest = max(path.stat().st_mtime for path in sources)
        if not program.exists() or program.stat().st_mtime < newest:
            program.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-mno-red-zone", "-static",
                            "-pthread", *flags, "-o", program, *(path for path in sources if path.suffix != ".h")],
                           check=True)
    return program


def workload() -> Path:
    """What ordinary programs do, checked by itself: tests/linux/workload."""
    return _linked("workload")


def conformance() -> Path:
    """What a program can do in user mode, printed to be compared: tests/linux/conformance."""
    # Its code has to lie below 4 GiB, where code in compatibility mode can come back to it.
    return _linked("conformance", "-no-pie", "-fcf-protection=none", "-Wno-missing-field-initializers")
