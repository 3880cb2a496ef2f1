# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What is built for Windows: made now unless it is up to date, once per process."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from emulator.places import ROOT, only_one
from emulator.product import NotBuilt


@cache
def build(preset: str, *targets: str) -> Path:
    """The preset's build folder, with the targets (all of them) in it."""
    with only_one(f"windows-{preset}"):
        result = subprocess.run([ROOT / "scripts" / "build.sh", preset, *targets], capture_output=True, text=True,
                                stdin=subprocess.DEVNULL)
    if result.returncode:
        raise NotBuilt(f"scripts/build.sh {' '.join([preset, *targets])}:\n{result.stderr}")
    return ROOT / "build" / preset


def driver() -> Path:
    """nadir.sys by Clang and lld-link."""
    return build("windows") / "nadir.sys"


def pdb() -> Path:
    """Its symbols."""
    return build("windows") / "nadir.pdb"


def tool() -> Path:
    """nadir.exe."""
    return build("mingw", "nadir_tool") / "tool" / "nadir.exe"


def program(name: str) -> Path:
    """A test program of tests/windows/programs, built when it is newer."""
    source = ROOT / "tests" / "windows" / "programs" / f"{name}.c"
    result = ROOT / "build" / "mingw" / f"{name}.exe"
    with only_one(f"windows-{name}"):
        if not result.exists() or result.stat().st_mtime < source.stat().st_mtime:
            result.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["x86_64-w64-mingw32-gcc-posix", "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{ROOT}",
                            "-static", "-s", "-o", result, source], check=True)
    return result
