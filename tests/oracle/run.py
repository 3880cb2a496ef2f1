#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Compares the rules of VM entry with the emulator's verdicts, by hand.

tests/oracle/run.py --model tigerlake                       run, judge, print what disagrees
tests/oracle/run.py --model tigerlake --mutant 4711         one mutant in words, with both verdicts
tests/oracle/run.py --model tigerlake --switch-off RULE     judge as if there were no such rule
tests/oracle/run.py --write-table [--model M]               write results/ and docs/entry-oracle.md anew

The emulator's files stay in build/oracle/MODEL; --again judges them without a new run.
"""

import argparse
import os
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))

from oracle import oracle, table  # noqa: E402


def recording_of(model: str, options: argparse.Namespace) -> oracle.Recording:
    build = Path(options.build)
    directory = TESTS.parent / "build" / "oracle" / model
    if options.again and (directory / "emulator.log").exists():
        return oracle.Recording(directory, build)
    return oracle.record(model, build, directory)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", action="append", choices=oracle.MODELS, help="default: all")
    parser.add_argument("--mutant", type=int)
    parser.add_argument("--switch-off", metavar="RULE")
    parser.add_argument("--write-table", action="store_true")
    parser.add_argument("--again", action="store_true", help="judge the last run's files")
    parser.add_argument("--build", default=os.environ.get("NADIR_BUILD", TESTS.parent / "build" / "gcc"))
    options = parser.parse_args()

    status = 0
    for model in options.model or oracle.MODELS:
        recording = recording_of(model, options)
        if options.mutant is not None:
            done = recording.judge("--mutant", str(options.mutant))
        elif options.switch_off:
            done = recording.judge("--switch-off", options.switch_off)
        else:
            counts, done = recording.counts()
            if options.write_table and done.returncode == 0:
                oracle.store(model, counts)
        print(f"-- {model}\n{done.stdout}{done.stderr}", end="")
        status = max(status, done.returncode)
    if options.write_table and status == 0:
        (TESTS.parent / "docs" / "entry-oracle.md").write_text(table.text())
    return status


if __name__ == "__main__":
    sys.exit(main())
