#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Boots a Multiboot image twice in the emulator, bare and as the guest of nadir.elf, and compares what it prints on COM1.

For example:
  tests/bare/compare.py build/gcc/tests/guest/conformance.elf --arguments "below=64 trace" -n 2 -m tigerlake
  tests/bare/compare.py kernel.elf --module initrd.img:first --module other -m corei7_skylake_x -m corei7_haswell_4770

The image has to end the run itself: ACPI power-off, or the string "Shutdown" written to port 0x8900. Exit status: 0 only
when every pair of runs printed the same lines and ended by itself; 1 otherwise; 2 when a run couldn't be made.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bare import by_hand, comparison  # noqa: E402
from emulator.bochs import EmulatorMissing  # noqa: E402
from emulator.places import new_run  # noqa: E402
from emulator.product import NotBuilt  # noqa: E402


HINT = ("-- the image was loaded by two loaders, and differs where it prints what it was given: try --same-loader (to our own "
        "kernels, below=MIB in --arguments gives the same memory both times)")


def pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no regular expression: {error}") from None
    return text


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image", type=by_hand.file, help="a Multiboot 1 kernel; with --same-loader also a Linux bzImage")
    parser.add_argument("-a", "--arguments", default="", metavar="LINE", help="its command line")
    parser.add_argument("--module", type=by_hand.module, action="append", default=[], metavar="FILE[:LINE]",
                        help="a Multiboot module and its command line; as often as needed")
    parser.add_argument("-n", "--processors", type=by_hand.processors, action="append", help="default: 1; more than one are run in turn")
    parser.add_argument("-m", "--model", type=by_hand.model, action="append", help="of the emulator (`bochs --help cpu` lists "
                        "them); default: corei7_skylake_x; more than one are run in turn")
    parser.add_argument("-t", "--timeout", type=by_hand.more_than_0, default=60,
                        help="seconds of processor time for each run; default: %(default)s")
    parser.add_argument("--memory", type=by_hand.memory, default=128, help="MiB; default: %(default)s")
    parser.add_argument("--bad-msrs-read-0", action="store_true", help="unknown MSRs don't fault, unlike on hardware")
    parser.add_argument("--same-loader", action="store_true", help="nadir.elf loads the bare image, too: for images that "
                        "print where their memory ends, or that aren't ELF")
    parser.add_argument("--words", default="log=error", help="nadir.elf's own command line; default: %(default)s")
    parser.add_argument("--ignore", type=pattern, action="append", default=[], metavar="REGEX",
                        help="what it matches in a line doesn't count: time, for instance")
    parser.add_argument("--any-order", action="store_true", help="the order of lines doesn't count: for processors that "
                        "print at the same time")
    parser.add_argument("-d", "--directory", type=Path, help="for the emulator's files; default: a new one")
    parser.add_argument("-v", "--verbose", action="store_true", help="show what the bare run printed")
    return parser.parse_args()


def compare(options: argparse.Namespace, model: str, processors: int, directory: Path) -> bool:
    image = comparison.Image(options.image, options.arguments, options.module)
    settings = {"model": model, "processors": processors, "memory_mib": options.memory, "timeout": options.timeout,
                "ignore_bad_msrs": options.bad_msrs_read_0}
    if options.same_loader:
        one = comparison.bare_by_nadir(directory, image, options.words, **settings)
    else:
        one = comparison.bare(directory, image, **settings)
    other = comparison.virtualised(directory, image, options.words, **settings)
    lines = comparison.guest_lines(one), comparison.guest_lines(other)
    if options.verbose:
        print("\n".join(lines[0]))
    different = comparison.differences(*lines, options.ignore, options.any_order)
    complaints = comparison.complaints(one, other)
    if not any(lines):
        complaints.append("neither run printed anything on COM1")
    for line in different + complaints:
        print(line)
    if different and not options.same_loader:
        print(HINT)
    equal = not different and not complaints
    what = f"{options.image.name} {options.arguments}".rstrip()
    print(f"-- {'equal' if equal else 'NOT EQUAL'}: {what} on {model}, processors {processors}: {len(lines[0])} lines bare "
          f"({one.reason}), {len(lines[1])} virtualised ({other.reason}), {len(different)} different; files in {directory}",
          flush=True)
    return equal


def main() -> int:
    options = parse()
    directory = options.directory
    if directory is None:
        directory = new_run("compare")
    equal = True
    for model in options.model or ["corei7_skylake_x"]:
        for processors in options.processors or [1]:
            try:
                equal &= compare(options, model, processors, directory / f"{model}-{processors}")
            except (ValueError, EmulatorMissing, NotBuilt) as error:
                hint = "" if options.same_loader else " (perhaps --same-loader)"
                print(f"compare.py: {options.image}: {error}{hint}", file=sys.stderr)
                return by_hand.IMPOSSIBLE
    return 0 if equal else 1


if __name__ == "__main__":
    by_hand.run("compare.py", main)
