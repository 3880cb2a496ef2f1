# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Debian's kernel in the emulator, with nadir.ko and a script of ours as its first process.

A boot costs ten seconds or more, so a script does many things, each in a section; the tests look at one section each:

    section on
    request on state

prints "== on" and then what the program `request` prints.
"""

from __future__ import annotations

import functools
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Mapping, Sequence

from emulator import debian, fastboot, product
from emulator import programs as built
from emulator.bochs import Machine, Run
from emulator.initrd import Initrd
from emulator.kernel_command_line import QUICK
from emulator.places import ROOT, only_one

PROGRAMS = Path(__file__).resolve().parent / "programs"

# A serial line is slow, and what still waits for it when the power goes is lost: stty waits until all is written.
MOUNTS = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
dmesg -c > /tmp/boot.log
"""
FUNCTIONS = """section() { echo "== $*"; }
parameter() { cat /sys/module/nadir/parameters/$1; }
snapshot() { cat /proc/nadir_snapshot > /tmp/$1; }
changes() { diff /tmp/$1 /tmp/$2 | grep '^[-+]cpu' || echo none; }
load() { insmod /lib/modules/nadir.ko "$@"; }
report() { section log; dmesg | grep 'nadir:'; section trouble
    dmesg | grep -E 'WARNING|BUG|Oops|Call Trace|soft lockup|rcu.*stall|general protection'
    section end; sync; stty -F /dev/console -echo; }
finish() { report; poweroff -f; }
"""
PROLOGUE = MOUNTS + FUNCTIONS


@functools.cache
def helper_module(name: str) -> Path:
    """nadir_<name>.ko of the folder <name> for the kernel that the tests boot, made now unless it is up to date."""
    build = ROOT / "build" / name
    command = ["make", "-C", str(ROOT / "tests/linux" / name), f"BUILD={build}", f"KDIR={debian.headers()}"]
    with only_one(build.name):
        result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{result.stdout[-2000:]}\n{result.stderr[-4000:]}")
    return build / f"nadir_{name}.ko"


@functools.cache
def program(name: str) -> Path:
    """programs/<name>.c, linked statically."""
    directory = ROOT / "build" / "programs"
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / name
    with only_one("programs"):
        subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-pthread", f"-I{ROOT}",
                        "-o", target, PROGRAMS / f"{name}.c"], check=True)
    return target


@dataclass
class Report:
    """One line of the program `request`: what a request came to."""

    name: str
    values: dict[str, str]
    text: str

    def __getitem__(self, key: str) -> int:
        return int(self.values[key], 0)


@dataclass
class Boot:
    run: Run
    sections: dict[str, list[str]] = field(default_factory=dict)

    def __getitem__(self, name: str) -> list[str]:
        assert name in self.sections, f"the guest did not get to section {name!r}"
        return self.sections[name]

    def text(self, name: str) -> str:
        return "\n".join(self[name])

    def reports(self, name: str, what: str | None = None) -> list[Report]:
        found = []
        for line in self[name]:
            match = re.match(r"([a-z-]+): (errno=.*)", line)
            if match:
                rest, _, text = match[2].partition(" text=")
                values = dict(word.split("=", 1) for word in rest.split() if "=" in word)
                found.append(Report(match[1], values, text))
        return [report for report in found if what in (None, report.name)]

    def report(self, name: str, what: str) -> Report:
        """The only one of its kind in the section."""
        found = self.reports(name, what)
        assert len(found) == 1, f"{len(found)} lines {what!r} in section {name!r}: {self[name]}"
        return found[0]


def _sections(lines: Sequence[str]) -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        if line.startswith("== "):
            current = sections.setdefault(line[3:].strip(), [])
        elif line.strip():
            current.append(line.rstrip())
    return sections


def boot(directory: Path, script: str, programs: Sequence[str] = ("request",), machine: Machine | None = None,
         append: str = "", modules: Sequence[Path] = (), timeout: float = 300,
         stop_when: Callable[[str], bool] | None = None, prepare: Callable[[Initrd], None] | None = None,
         files: Mapping[str, Path] | None = None, nadir: Path | None = None,
         on_line: Callable[[str], None] | None = None) -> Boot:
    """Boots, runs `script` (a shell script; it should end with `finish`) and returns what it printed.

    programs: names in programs/, "nadir" for the tool, and "conformance". on_line, stop_when: as for Machine.run. prepare: adds files.
    files: where in the guest, and what. nadir: another nadir.ko than the usual one.
    """
    initrd = Initrd()
    for path in (nadir or product.module(), helper_module("snapshot"), *modules):
        initrd.module(path)
    for name in programs:
        make = {"nadir": product.tool, "conformance": built.conformance}.get(name)
        initrd.program(f"bin/{name}", make() if make else program(name))
    for name, path in (files or {}).items():
        initrd.file(name, path)
    initrd.file("etc/passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n")
    if prepare:
        prepare(initrd)
    initrd.script("init", PROLOGUE + script)
    machine = fastboot.linux(machine or Machine(processors=2), directory, debian.kernel(), initrd.archive(),
                             f"{QUICK} {append}".strip())
    run = machine.run(timeout=timeout, directory=directory, stop_when=stop_when, on_line=on_line)
    return Boot(run, _sections(run.lines))


def assert_quiet(boot: Boot, vmx_failures: bool = False) -> None:
    """The guest ended the run itself, its kernel complained about nothing, and neither did the emulator.

    vmx_failures: the emulator may report VM entries that failed, because the test wants them.
    """
    assert boot.run.reason == "poweroff", boot.run.tail()
    assert boot["trouble"] == [], boot.text("trouble")
    assert vmx_failures or boot.run.vmx_failures == []
    assert boot.run.panics == []
