#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Random sequences of instructions, bare and under nadir.elf, compared; what differs is shrunk. docs/fuzzing.md has more.

For example: tests/bare/fuzz.py --seed 7 --count 100000 --model tigerlake
             tests/bare/fuzz.py --seed 100 --minutes 60
             tests/bare/fuzz.py --replay tests/fuzz/corpus/sequences/*.txt
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bare import by_hand  # noqa: E402
from bare.corpus import read, save  # noqa: E402
from bare.host import ALL_MODELS  # noqa: E402
from bare.sequences import CORPUS, Bed, Difference, describe, differing, search  # noqa: E402
from emulator.places import new_run  # noqa: E402

AT_ONCE = 10_000  # sequences of one boot, so that a difference is found soon and a finding's place is near


def script(text: str) -> Path:
    """A file with sequences; whether each line is one, the kernel says."""
    path = by_hand.file(text)
    try:
        lines = read(path)
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError(f"{path} isn't text: a file of the corpus holds sequences, one a line") from None
    if not lines:
        raise argparse.ArgumentTypeError(f"{path} holds no sequence: only comments and empty lines, if anything")
    return path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=by_hand.whole(0, 2**64 - 1), default=1, help="with --minutes: the first of many; "
                        "default: %(default)s")
    parser.add_argument("--first", type=by_hand.whole(0, 2**32 - 1), default=0, help="number of the first sequence; "
                        "default: %(default)s")
    parser.add_argument("--count", type=by_hand.whole(1, 2**32 - 1), default=20_000, help="sequences for each seed and model; "
                        "default: %(default)s")
    parser.add_argument("--minutes", type=by_hand.more_than_0, help="seed after seed, until so much time has passed")
    parser.add_argument("-m", "--model", action="append", choices=ALL_MODELS, metavar="MODEL",
                        help=f"of the emulator; may be repeated; default: all of {', '.join(ALL_MODELS)}")
    parser.add_argument("-n", "--processors", type=by_hand.processors, default=1, help="default: %(default)s")
    parser.add_argument("--events", type=by_hand.whole(0, 2**32 - 1), default=0, metavar="KINDS",
                        help="watched in the virtualised run: bits of enum nadir_event_kind")
    parser.add_argument("--replay", type=script, nargs="+", metavar="FILE", help="run these files of the corpus instead")
    parser.add_argument("--save", action="store_true", help=f"keep what is found in {CORPUS.relative_to(CORPUS.parents[3])}")
    return parser.parse_args()


def report(found: Difference, keep: bool) -> None:
    print(f"DIFFERENCE on {found.model}, {found.processors} processors, {found.origin}\n  {found.line}\n{found.report}")
    if keep:
        print(f"  kept as {save(found)}")
    sys.stdout.flush()


def run_seed(options: argparse.Namespace, seed: int, model: str, directory: Path) -> tuple[int, int]:
    """How many sequences ran, and how many differences there were."""
    bed = Bed(directory, model, options.processors, timeout=60, at_once=True, events=options.events)
    first, end, differences = options.first, options.first + options.count, 0
    while first < end:
        count = min(AT_ONCE, end - first)
        found = search(bed, seed, count, first)
        if found is None:
            first += count
            continue
        differences += 1
        report(found, options.save)
        first = int(found.origin.split("first=")[1].split()[0]) + 1
    return options.count, differences


def replay(options: argparse.Namespace, directory: Path) -> int:
    failed = 0
    for model in options.model or ALL_MODELS:
        for path in options.replay:
            bed = Bed(directory, model, options.processors, at_once=True)
            for line, differs in zip(lines := read(path), differing(bed, lines)):
                failed += differs
                print(f"{model} {path.name}: {'DIFFERENT' if differs else 'the same'}")
                if differs:
                    print(describe(bed, line))
    return failed


def main() -> int:
    options = arguments()
    directory = new_run("fuzz")
    if options.replay:
        return 1 if replay(options, directory) else 0
    begin, seed, total, differences = time.monotonic(), options.seed, 0, 0
    while True:
        for model in options.model or ALL_MODELS:
            ran, found = run_seed(options, seed, model, directory)
            total, differences = total + ran, differences + found
            print(f"seed {seed} on {model}: {ran} sequences, {found} differences; "
                  f"{total} in {time.monotonic() - begin:.0f} s", flush=True)
        seed += 1
        if options.minutes is None or time.monotonic() - begin > options.minutes * 60:
            return 1 if differences else 0


if __name__ == "__main__":
    by_hand.run("fuzz.py", main)
