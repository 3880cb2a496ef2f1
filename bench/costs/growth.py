# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""How cost grows: with the number of processors (nadir.elf's program `onoff` on machines of 1 to 8), with the number of hooks."""

from __future__ import annotations

import json
import re
from pathlib import Path

from emulator import fastboot
from emulator.bochs import Machine

MOST_PROCESSORS = 8
OF_HOOKS = ("set", "hit_again", "hit_another", "bytes")


class Unfinished(RuntimeError):
    """The run didn't come to its end."""


def on_processors(count: int, image: Path, directory: Path, model: str) -> dict:
    """What `count` processors cost. Each one's ticks are its own instructions, give or take the emulator's round of 5."""
    machine = fastboot.multiboot(Machine(model=model, processors=count, memory_mib=128), directory, image,
                                 "test=onoff log=error")
    run = machine.run(timeout=120, directory=directory)
    each = re.findall(r"^processor \d+: state \d+ enter (\d+) leave (\d+) ", run.serial, re.MULTILINE)
    state = re.search(rf"^state: .* processors_on {count} of {count}, bytes (\d+), per processor (\d+)", run.serial,
                      re.MULTILINE)
    if not run.ok or "@@ result ok" not in run.serial or len(each) != count or not state:
        raise Unfinished(f"{count} processors did not finish:\n{run.tail()}")
    return {"processors": count, "enter": [int(enter) for enter, _ in each], "leave": [int(leave) for _, leave in each],
            "bytes_total": int(state[1]), "bytes_per_processor": int(state[2])}


def with_hooks(image: Path, directory: Path, model: str) -> list[dict[str, int]]:
    """What 1, 10, ... 10,000 hidden breakpoints cost, spread over 32 MiB of code."""
    machine = fastboot.multiboot(Machine(model=model, processors=1, memory_mib=256), directory, image,
                                 "test=hook_growth hook_pages=10000 reserve=128 log=error")
    run = machine.run(timeout=120, directory=directory)
    found = re.findall(r"^@@ hook_growth (\{.*\})$", run.serial, re.MULTILINE)
    if not run.ok or "@@ result ok" not in run.serial or not found:
        raise Unfinished(f"the hooks did not finish:\n{run.tail()}")
    return [json.loads(one) for one in found]
