# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The same sources give the same nadir.sys and nadir.pdb, byte by byte, in whatever folder they are built.

A whole second build would take half a minute. Compiled again, in another folder, are the host's files and one of each kind of
the core's; the other objects are copied. That this is enough rests on three things that are looked at: both folders have the
same commands; what is compiled again comes out the same; and (rule `paths`, test_pe.py) no path of the machine is in the result.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emulator.places import ROOT
from structure import sources
from windows import products

pytestmark = pytest.mark.xdist_group("reproducible")

FOLDERS = {"arch", "base", "check", "control", "core", "cpu", "hosts", "cmake"}
FILES = {"CMakeLists.txt", "CMakePresets.json", "version.txt"}
COMPILED_AGAIN = re.compile(r"nadir_windows_host\.dir/|/cpu/\w+\.S\.|/base/memory\.cpp|/core/enter\.cpp|/core/exits/cpuid\.cpp"
                            r"|/control/status_text\.cpp|/check/support\.cpp|/check/entry/rules/groups\.cpp")
OBJECT = re.compile(r" -o (\S+\.obj) ")
# A compiler cache may hand out objects of another folder, or name files otherwise than the compiler does.
LAUNCHERS = ("CMAKE_CXX_COMPILER_LAUNCHER", "CMAKE_C_COMPILER_LAUNCHER", "CMAKE_ASM_COMPILER_LAUNCHER")


class Build:
    """A folder where nadir.sys is built, with the commands that do it, which run there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.steps = subprocess.run(["ninja", "-C", folder, "-t", "commands", "nadir_sys"], capture_output=True, text=True, check=True,
                                    timeout=60).stdout.splitlines()
        self.compiled = {made[1]: step for step in self.steps if (made := OBJECT.search(step))}
        self.again = [name for name in self.compiled if COMPILED_AGAIN.search(name)]

    def anywhere(self) -> list[str]:
        """The commands without the folder."""
        return [step.replace(str(self.folder.parents[1]), "ROOT") for step in self.steps]

    def bytes(self, name: str) -> bytes:
        content = (self.folder / name).read_bytes()
        return content[:4] + bytes(4) + content[8:] if name.endswith(".obj") else content  # an object's time stamp, which nobody reads

    def run(self, step: str) -> None:
        result = subprocess.run(step, shell=True, cwd=self.folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=300)
        assert result.returncode == 0, f"{step}\n{result.stdout}{result.stderr}"


def another(place: Path, objects: Path) -> Build:
    """Built in a copy of the sources, with what need not be compiled again from elsewhere."""
    for path in sources.all_files():
        if path.parts[0] in FOLDERS or str(path) in FILES:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, place / path)
    result = subprocess.run(["cmake", "--preset", "windows"], cwd=place, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                            timeout=300, env={name: value for name, value in os.environ.items() if name not in LAUNCHERS})
    assert result.returncode == 0, result.stdout + result.stderr
    build = Build(place / "build" / "windows")
    for name in build.compiled:
        (build.folder / name).parent.mkdir(parents=True, exist_ok=True)
        if name not in build.again:
            shutil.copy2(objects / name, build.folder / name)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(build.run, [build.compiled[name] for name in build.again]))
    for step in build.steps:
        if not OBJECT.search(step):
            build.run(step)  # the import library, the link
    return build


def test_two_folders_two_builds_one_result(tmp_path):
    built = products.driver().parent
    cached = any(re.search(rf"^{name}:\w+=.", (built / "CMakeCache.txt").read_text(), re.M) for name in LAUNCHERS)
    first = another(tmp_path / "a", built) if cached else Build(built)
    second = another(tmp_path / "b" / "a longer name".replace(" ", "_"), built)
    assert first.anywhere() == second.anywhere()
    assert 15 < len(first.again) < len(first.compiled) / 2
    differ = [name for name in first.again if first.bytes(name) != second.bytes(name)]
    assert not differ, f"compiled differently in another folder: {differ}"
    for name in ("nadir.sys", "nadir.pdb"):
        assert first.bytes(name) == second.bytes(name), f"{name} differs"
