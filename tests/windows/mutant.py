# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A nadir.sys that is broken on purpose: some text of its sources replaced, compiled and linked by the build's own commands
into another folder. The product's sources and build stay as they are."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emulator.places import ROOT

from .products import build

DEFINITIONS = "hosts/windows/ntoskrnl.def"


@dataclass(frozen=True)
class Change:
    """In this file, the text `old`, which is there once, becomes `new`; a header does so for one source only."""

    file: str
    old: str
    new: str
    source: str = ""

    def apply(self) -> str:
        text = (ROOT / self.file).read_text()
        count = text.count(self.old)
        if count != 1:
            raise ValueError(f"{self.file} has {count} times the text {self.old!r}, which a mutant replaces: adapt the mutant "
                             "to what the file is now")
        return text.replace(self.old, self.new)


@cache
def _commands() -> list[str]:
    """What the build executes for nadir.sys, one step a line, in its folder."""
    folder = build("windows")
    done = subprocess.run(["ninja", "-C", folder, "-t", "commands", "nadir.sys"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def _run(command: str) -> None:
    done = subprocess.run(["sh", "-c", command], cwd=build("windows"), capture_output=True, text=True)
    if done.returncode:
        raise ValueError(f"a mutant doesn't build: {command[:200]} ...\n{done.stdout}{done.stderr}")


def _recompile(change: Change, directory: Path) -> tuple[str, str]:
    """The object as the link names it, and the one that takes its place."""
    broken = directory / "broken" / change.file
    broken.parent.mkdir(parents=True, exist_ok=True)
    broken.write_text(change.apply())
    original = str(ROOT / (change.source or change.file))
    compiles = re.compile(rf" -c [^&]*{re.escape(original)}(?![\w.])")
    (command,) = [line for line in _commands() if compiles.search(line)]
    found = re.search(r" -o (\S+\.obj) ", command)[1]
    made = str(directory / (Path(original).name + ".obj"))
    if change.source:
        command = command.replace(f" -I{ROOT} ", f" -I{directory}/broken -I{ROOT} ")
    else:
        command = command.replace(original, str(broken))
    _run(command.replace(found, made))
    return found, made


def mutant(directory: Path, *changes: Change, exports: tuple[str, ...] = ()) -> Path:
    """nadir.sys with the changes. exports: further functions that the linker finds in ntoskrnl.exe."""
    link = next(line for line in reversed(_commands()) if " /out:nadir.sys " in line)
    for change in changes:
        link = link.replace(*_recompile(change, directory))
    if exports:
        definitions = directory / "ntoskrnl.def"
        definitions.write_text((ROOT / DEFINITIONS).read_text() + "".join(f"    {name}\n" for name in exports))
        library = directory / "ntoskrnl.lib"
        (make,) = [line for line in _commands() if f" -l {build('windows')}/ntoskrnl.lib" in line]
        _run(make.replace(str(ROOT / DEFINITIONS), str(definitions)).replace(f"{build('windows')}/ntoskrnl.lib", str(library)))
        link = link.replace(" ntoskrnl.lib", f" {library}", 1)
    driver = directory / "nadir.sys"
    # The PDB stays out of the way of the product's.
    _run(link.replace(" /out:nadir.sys ", f" /out:{driver} ").replace(" /pdb:nadir.pdb ", f" /pdb:{directory}/nadir.pdb "))
    return driver
