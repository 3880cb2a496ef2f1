# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the tools for people in this folder share: the types of their arguments, and how they end.

A wrong argument ends in a sentence that says what is allowed (exit status 2), before anything runs.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path
from typing import Callable

from emulator import fastboot
from emulator.bochs import MOST_PROCESSORS, EmulatorMissing, models
from emulator.product import NotBuilt

from .host import ALL_MODELS

IMPOSSIBLE = 2  # exit status: nothing was run, or what was run says nothing


def model(text: str) -> str:
    """Those that Nadir can run on are known; the emulator is asked about others only."""
    if text in ALL_MODELS:
        return text
    try:
        known = models()
    except EmulatorMissing as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if text not in known:
        raise argparse.ArgumentTypeError(f"the emulator has no model {text!r}; Nadir runs on {', '.join(ALL_MODELS)}; "
                                         "`bochs --help cpu` lists the others, too")
    return text


def whole(least: int, most: int | None = None, why: str = "") -> Callable[[str], int]:
    """A whole number within bounds; `why` explains the upper one."""
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or number < least or (most is not None and number > most):
            allowed = f"from {least} to {most}" if most is not None else f"of {least} or more"
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number {allowed}{why}")
        return number
    return read


processors = whole(1, MOST_PROCESSORS, ", which is what the emulator can do")
memory = whole(16)  # MiB: the harness's boot loader needs some at the end


def more_than_0(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return number


def file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"{text} isn't a file")
    return Path(text)


def windows_image(text: str) -> Path:
    """A driver, program or library of Windows, or an image for UEFI: the same format, by its first bytes."""
    path = file(text)
    with open(path, "rb") as stream:
        header = stream.read(64).ljust(64, b"\0")
        stream.seek(int.from_bytes(header[60:], "little"))
        if header[:2] != b"MZ" or stream.read(4) != b"PE\0\0":
            raise argparse.ArgumentTypeError(f"{text} isn't a Windows or UEFI image: it has no MZ and PE header")
    return path


def module(text: str) -> fastboot.Module:
    name, _, line = text.partition(":")
    return fastboot.Module(file(name), line)


def run(name: str, main: Callable[[], int]) -> None:
    """Ends the program with the status that `main` returns, or with a sentence."""
    try:
        status = main()
        sys.stdout.flush()
    except (ValueError, AssertionError, EmulatorMissing, NotBuilt) as error:
        print(f"{name}: {error}", file=sys.stderr)
        status = IMPOSSIBLE
    except BrokenPipeError:  # whoever read it has seen enough; the interpreter would complain about the rest
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = 130
    sys.exit(status)
