#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Measures a real machine with and without Nadir, in interleaved pairs.

    hardware.py --dry-run                      what would be run, as a shell script; nothing is
    hardware.py --module nadir.ko --output DIR all of it (as root, on a machine that you can lose: docs/safety.md)
    hardware.py --summarize DIR/raw.txt        the summary of what was run, here or elsewhere
    hardware.py --floor-kernel FILE            the kernel that measures the floor, for GRUB's `multiboot`

DIR gets raw.txt (what the script printed), results.json and summary.txt. README.md has the plan.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(ROOT / "bench"), str(ROOT / "tests")]

import plan  # noqa: E402
import results  # noqa: E402
from costs import floor  # noqa: E402

PROGRAMS = ("cpuid", "chase", "exec", "stopwatch")


def build_programs(folder: Path) -> None:
    """Static, so that they run anywhere, also in an initial RAM file system."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in PROGRAMS:
        subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", folder / name,
                        HERE / "programs" / f"{name}.c"], check=True)


MOST_PROCESSORS = 8192  # Linux's own limit for x86-64; the script may be for another machine


def whole(text: str, least: int = 1) -> int:
    if not (text.isascii() and text.isdigit()) or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number of {least} or more")
    return int(text)


def processor(text: str) -> int:
    number = whole(text, least=0)
    if number >= MOST_PROCESSORS:
        raise argparse.ArgumentTypeError(f"{text!r} is no processor: Linux numbers them from 0 to {MOST_PROCESSORS - 1} at most")
    return number


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="print the script and run nothing")
    what.add_argument("--floor-kernel", type=Path, metavar="FILE", help="build it; it prints on COM1")
    what.add_argument("--summarize", type=Path, metavar="RAW", help="what such a script printed")
    parser.add_argument("--pairs", type=whole, default=plan.Settings.pairs,
                        help=f"at least {plan.LEAST_PAIRS}, and one more that isn't counted (default: %(default)s)")
    parser.add_argument("--parts", default="cpuid,chase,exec,sqlite,kernel", help="some of them (default: %(default)s)")
    parser.add_argument("--processor", type=processor, default=plan.Settings.processor, help="for cpuid (default: %(default)s)")
    parser.add_argument("--chase-mib", type=whole, default=plan.Settings.chase_mib, help="default: %(default)s")
    parser.add_argument("--kernel-source", default="", metavar="DIR", help="a configured Linux tree for the part kernel")
    parser.add_argument("--nadir", default=str(ROOT / "build" / "gcc" / "tool" / "nadir"), help="default: %(default)s")
    parser.add_argument("--module", type=Path, help="nadir.ko, if it isn't loaded yet")
    parser.add_argument("--output", type=Path, default=ROOT / "build" / "hardware", metavar="DIR", help="default: %(default)s")
    options = parser.parse_args(words)
    options.parts = options.parts.split(",")
    unknown = sorted(set(options.parts) - set(plan.all_parts(plan.Settings())))
    if unknown:
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(plan.all_parts(plan.Settings()))}")
    if options.pairs < plan.LEAST_PAIRS:
        parser.error(f"{options.pairs} pairs say nothing: give {plan.LEAST_PAIRS} or more")
    if "kernel" in options.parts and not options.kernel_source and not (
            options.summarize or options.dry_run or options.floor_kernel):
        parser.error("the part kernel needs --kernel-source DIR; or leave it out by --parts cpuid,chase,exec,sqlite")
    return options


def settings_of(options: argparse.Namespace) -> plan.Settings:
    return replace(plan.Settings(), pairs=options.pairs, processor=options.processor, chase_mib=options.chase_mib,
                   programs=str(options.output / "programs"), nadir=options.nadir, sql=str(HERE / "sqlite.sql"),
                   kernel_source=options.kernel_source or "LINUX")


def problems(options: argparse.Namespace) -> list[str]:
    """Why it can't be run here, in words."""
    found = []
    if os.geteuid() != 0:
        found.append("it takes root to turn Nadir on and off")
    if not Path(options.nadir).is_file():
        found.append(f"{options.nadir} isn't there: build it (scripts/build.sh gcc nadir_tool), or give --nadir")
    if not Path("/dev/nadir").exists() and options.module is None:
        found.append("nadir.ko isn't loaded: give --module (make -C hosts/linux builds it)")
    if options.module is not None and not options.module.is_file():
        found.append(f"{options.module} isn't there (make -C hosts/linux builds it)")
    if shutil.which("gcc") is None:
        found.append("gcc is missing: it builds the programs that measure")
    if "sqlite" in options.parts and shutil.which("sqlite3") is None:
        found.append("the part sqlite needs sqlite3 (Debian's package sqlite3)")
    if options.processor not in os.sched_getaffinity(0):
        found.append(f"there is no processor {options.processor}: give another --processor")
    return found


def run(options: argparse.Namespace) -> int:
    found = problems(options)
    if found:
        print("\n".join(f"hardware: {problem}" for problem in found), file=sys.stderr)
        return 2
    build_programs(options.output / "programs")
    if not Path("/dev/nadir").exists():
        subprocess.run(["insmod", options.module], check=True)
    script = options.output / "script.sh"
    script.write_text(plan.script(settings_of(options), options.parts))
    with open(options.output / "raw.txt", "w", encoding="utf-8") as raw:
        with subprocess.Popen(["sh", script], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
            for line in process.stdout:
                raw.write(line)
                raw.flush()
                print(line, end="", flush=True)
    return summarize(options.output / "raw.txt", options.output)


def summarize(raw: Path, output: Path | None) -> int:
    try:
        summary = results.summarize(results.parse(raw.read_text()))
    except (results.Incomplete, OSError) as error:
        print(f"hardware: {raw}: {error}", file=sys.stderr)
        return 1
    print(results.text(summary))
    if output is not None:
        (output / "results.json").write_text(json.dumps(summary, indent=2) + "\n")
        (output / "summary.txt").write_text(results.text(summary) + "\n")
    return 0


def main() -> int:
    options = arguments()
    if options.summarize is not None:
        return summarize(options.summarize, None)
    if options.floor_kernel is not None:
        floor.build(options.floor_kernel.resolve())
        return 0
    if options.dry_run:
        print(plan.script(settings_of(options), options.parts), end="")
        return 0
    return run(options)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"hardware: {error}", file=sys.stderr)
        sys.exit(2)
