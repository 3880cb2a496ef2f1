# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Boots as a user's machine does: BIOS, GRUB from a CD, then what grub.cfg says.

It takes some 15 to 60 seconds more than fastboot.py, so it is for the tests that are about GRUB itself: nadir.elf as a
Multiboot kernel from a real boot loader, and Debian's kernel with its decompressor (and so with KASLR).
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Mapping

from .bochs import Machine

_HEAD = """\
serial --unit=0 --speed=115200
terminal_input console
terminal_output serial
set timeout=0
set default=0
"""


def entry(commands: str, title: str = "nadir") -> str:
    """One menu entry, started at once: `commands` are GRUB's (multiboot, module, linux, initrd ...)."""
    lines = "\n".join(f"    {line.strip()}" for line in commands.strip().splitlines())
    return f"menuentry '{title}' {{\n{lines}\n}}\n"


def write_iso(path: Path, configuration: str, files: Mapping[str, Path | bytes]) -> Path:
    """Writes a bootable ISO image with `files` (by their name on it) and grub.cfg; only the modules that we use."""
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        tree = Path(directory)
        for name, content in files.items():
            target = tree / name.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            else:
                shutil.copyfile(content, target)
        (tree / "boot" / "grub").mkdir(parents=True, exist_ok=True)
        (tree / "boot" / "grub" / "grub.cfg").write_text(_HEAD + configuration)
        result = subprocess.run(
            ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "--locales=", "--fonts=", "--themes=", "--compress=no",
             "--install-modules=normal multiboot multiboot2 linux serial terminal echo", "-o", path, tree],
            capture_output=True, text=True)
        if result.returncode:
            raise RuntimeError(f"grub-mkrescue failed: {result.stderr}")
    return path


def boot(machine: Machine, directory: Path, configuration: str, files: Mapping[str, Path | bytes]) -> Machine:
    """Returns `machine` with a CD that GRUB boots from; the image is written into `directory`."""
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    return replace(machine, cdrom=write_iso(directory / "grub.iso", configuration, files))
