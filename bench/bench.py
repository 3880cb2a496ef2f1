#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What Nadir costs, as exact numbers of instructions.

With one emulated processor the emulator's time-stamp counter counts instructions, so a figure is the same in every run, on
every machine, for one compiler. The bare host's program `bench` measures itself; this script runs it and prints JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

import exits  # noqa: E402  (of this folder)
from emulator import fastboot, product  # noqa: E402
from emulator.bochs import RUNS, Machine  # noqa: E402

MODEL = "corei7_skylake_x"


def emulator_version() -> str:
    text = subprocess.run(["bochs", "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    found = re.search(r"Bochs x86 Emulator (\S+)", text.stdout + text.stderr)
    return f"Bochs {found.group(1)}" if found else "unknown"


def compiler_version(image: Path) -> str:
    """Of the build that the image lies in; figures of another compiler are other figures."""
    for folder in image.parents:
        cache = folder / "CMakeCache.txt"
        if cache.exists():
            compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache.read_text(), re.MULTILINE).group(1)
            text = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
            return text.splitlines()[0]
    return "unknown"


def measure(image: Path, model: str = MODEL) -> dict:
    """One run of the program `bench`; its figures, with what they were made by."""
    RUNS.mkdir(parents=True, exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="bench-", dir=RUNS))
    machine = fastboot.multiboot(Machine(model=model, processors=1, memory_mib=128), directory, image,
                                 "test=bench cycles=1000")
    run = machine.run(timeout=60, directory=directory)
    found = re.search(r"^@@ bench (\{.*\})$", run.serial, re.MULTILINE)
    if not run.ok or not found or "@@ result ok" not in run.serial:
        raise RuntimeError(f"the bench program did not finish:\n{run.tail()}")
    figures = json.loads(found.group(1))
    # A CPUID on the bare processor is one of the instructions that the round trip replaces.
    figures["cpuid_overhead"] = figures["cpuid_leaf_0"] - figures["cpuid_bare"]
    for kind, counts in exits.count_exits(image, model).items():
        figures |= {f"root_{kind}_{what}": count for what, count in counts.items()}
    return {"emulator": emulator_version(), "model": model, "compiler": compiler_version(image.resolve()),
            "unit": "instructions, bytes", "figures": figures}


def compare(now: dict, before: dict) -> int:
    """Prints what changed; the number of figures that grew."""
    grown = 0
    for name, value in now["figures"].items():
        old = before["figures"].get(name)
        if old != value:
            print(f"{name:24} {old if old is not None else '-':>10} -> {value}", file=sys.stderr)
            grown += old is not None and value > old
    return grown


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=Path, help="nadir.elf; default: the one that ./test built")
    parser.add_argument("--model", default=MODEL, help="the emulator's processor model (default: %(default)s)")
    parser.add_argument("--compare", type=Path, metavar="FILE", help="JSON of an earlier run: what changed goes to stderr; "
                        "exit status 1 when a figure grew")
    options = parser.parse_args()
    try:
        result = measure(options.image or product.bare_kernel(), options.model)
    except (RuntimeError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    print(json.dumps(result, indent=2))
    if options.compare:
        return 1 if compare(result, json.loads(options.compare.read_text())) else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
