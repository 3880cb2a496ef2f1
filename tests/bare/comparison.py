# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Boots an image bare and as the guest of nadir.elf, and says what it printed otherwise.

The judgement is the difference between the two runs, never what the image thinks of the processor: the emulator has quirks,
and they are there with and without Nadir. Only a kernel of ours that says that it failed has nothing to compare.
"""

from __future__ import annotations

import collections
import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Sequence

from emulator import fastboot
from emulator.bochs import Run

from .host import boot, boot_kernel, processors_in_guest

ENTERING = "nadir: entering the guest"  # the last line of nadir.elf's own
OMITTED = "[...]"
FAILED = "@@ result fail"  # our own kernels' word


@dataclass(frozen=True)
class Image:
    """A Multiboot kernel (or, by nadir.elf only, Linux) with what its boot loader gives it."""

    file: Path
    arguments: str = ""
    modules: Sequence[fastboot.Module] = ()


def bare(directory: Path, image: Image, **settings) -> Run:
    return boot_kernel(directory / "bare", image.file, image.arguments, image.modules, **settings)


def bare_by_nadir(directory: Path, image: Image, words: str = "", **settings) -> Run:
    """Without Nadir too, but loaded by nadir.elf: memory map, places and boot loader's name are those of `virtualised`."""
    return _through_nadir(directory / "bare", f"bare {words}", image, settings)


def virtualised(directory: Path, image: Image, words: str = "log=error", **settings) -> Run:
    return _through_nadir(directory / "virtualised", words, image, settings)


def _through_nadir(directory: Path, words: str, image: Image, settings: dict) -> Run:
    return boot(directory, words, [fastboot.Module(image.file, image.arguments), *image.modules], **settings)


def guest_lines(run: Run) -> list[str]:
    """What the image printed: without the lines of nadir.elf before it, if that loaded it."""
    starts = [number for number, line in enumerate(run.lines) if line.startswith(ENTERING)]
    return run.lines[starts[0] + 1:] if starts else run.lines


def differences(one: Sequence[str], other: Sequence[str], ignored: Sequence[str] = (), any_order: bool = False) -> list[str]:
    """Lines that only one of the two has, as a unified diff without context.

    ignored: regular expressions; what they match in a line doesn't count, nor does a line that one matches whole.
    any_order: processors that print at the same time may take turns in any way.
    """
    patterns = [re.compile(pattern) for pattern in ignored]

    def counted(lines: Sequence[str]) -> list[str]:
        for pattern in patterns:
            lines = [pattern.sub(OMITTED, line) for line in lines if not pattern.fullmatch(line)]
        return list(lines)

    one, other = counted(one), counted(other)
    if any_order:
        only_one = collections.Counter(one) - collections.Counter(other)
        only_other = collections.Counter(other) - collections.Counter(one)
        return [f"-{line}" for line in only_one.elements()] + [f"+{line}" for line in only_other.elements()]
    lines = difflib.unified_diff(one, other, lineterm="", n=0)
    return [line for line in list(lines)[2:] if not line.startswith("@@ -")]


def complaints(one: Run, other: Run) -> list[str]:
    """What else tells a bare and a virtualised run apart, or makes the comparison worthless."""
    found = []
    for name, run in (("bare", one), ("virtualised", other)):
        if run.reason not in ("shutdown", "poweroff"):
            found.append(f"the {name} run didn't end by itself: {run.reason}")
        found.extend(f"the emulator on the {name} run: {line}" for line in run.panics)
        found.extend(f"the {name} run failed by its own word: {line}" for line in run.lines if line.startswith(FAILED))
    if one.reason != other.reason:
        found.append(f"the runs ended differently: bare by {one.reason}, virtualised by {other.reason}")
    if processors_in_guest(one):
        found.append("the bare run ended within a hypervisor")
    if not any(line.startswith(ENTERING) for line in other.lines):
        found.append("nadir.elf didn't get as far as entering the image: " + (other.lines[-1] if other.lines else "no word"))
    elif other.reason in ("shutdown", "poweroff") and not processors_in_guest(other):
        found.append("no processor was virtualised when the virtualised run ended")
    found.extend(f"the emulator on the virtualised run: {line}" for line in other.vmx_failures)
    return found
