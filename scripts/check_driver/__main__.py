# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""check-driver FILE: says what is wrong with a driver's file, which rule that breaks, and what to do."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from .code import ToolMissing
from .image import Driver, NotADriver
from .rule import Build, Problem, Rule
from .rules import ALL, judged, problems

OK, BROKEN, UNUSABLE = 0, 1, 2
MOST_LINES = 8  # of one rule


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="check-driver", description="Judges the file of a Windows driver without Windows.",
                                     epilog="Exits 0 when no rule is broken, 1 when one is, 2 when the file can't be judged.")
    parser.add_argument("file", nargs="?", type=Path, help="the driver, such as build/windows/nadir.sys")
    parser.add_argument("--pdb", type=Path, help="its symbol file, if it doesn't lie beside it; without one "
                        "some rules aren't judged")
    parser.add_argument("--gnu", action="store_true", help="linked by GNU ld (mingw-w64): no load configuration, no PDB; "
                        "noticed by itself, so this is for --list")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--list", action="store_true", help="list the rules, and do nothing else")
    options = parser.parse_args()
    if not options.list and options.file is None:
        parser.error("name the driver's file, or --list")
    if options.pdb is not None and not options.pdb.is_file():
        parser.error(f"--pdb: {options.pdb} isn't a file")
    return options


def report(file: Path, found: list[Problem], asked: list[Rule], unjudged: list[Rule]) -> None:
    for rule in asked:
        mine = [problem for problem in found if problem.rule is rule]
        if not mine:
            continue
        for problem in mine[:MOST_LINES]:
            print(f"{file}: {problem}")
        if len(mine) > MOST_LINES:
            print(f"{file}: {rule.name}: and {len(mine) - MOST_LINES} more like that")
        print(f"    Rule: {rule.says}\n    To do: {rule.remedy}")
    if unjudged:
        print(f"{file}: not judged, for want of a symbol file (--pdb): {', '.join(rule.name for rule in unjudged)}")
    broken = len({problem.rule.name for problem in found})
    print(f"{file}: {len(asked)} rules, " + (f"{broken} broken" if broken else "none broken"))


def main() -> int:
    options = arguments()
    if options.list:
        asked = [rule for rule in ALL if rule.build & (Build.GNU if options.gnu else Build.MICROSOFT)]
        width = max(len(rule.name) for rule in asked)
        print("\n".join(f"{rule.name:{width}}  {rule.says}" for rule in asked))
        return OK
    try:
        driver = Driver(options.file, options.pdb)
        if options.gnu and not driver.linked_by_gnu:
            raise NotADriver(f"{options.file} wasn't linked by GNU ld: leave out --gnu")
        build = Build.GNU if driver.linked_by_gnu else Build.MICROSOFT
        found = problems(driver, build)
    except OSError as error:
        print(f"check-driver: {options.file} can't be read: {error.strerror}", file=sys.stderr)
        return UNUSABLE
    except (NotADriver, ToolMissing) as error:
        print(f"check-driver: {error}", file=sys.stderr)
        return UNUSABLE
    except subprocess.CalledProcessError as error:
        print(f"check-driver: {Path(error.cmd[0]).name} failed: {error.stderr.strip() if error.stderr else error}", file=sys.stderr)
        return UNUSABLE
    if options.json:
        print(json.dumps([{"rule": p.rule.name, "what": p.what, "says": p.rule.says, "remedy": p.rule.remedy} for p in found], indent=2))
    else:
        report(options.file, found, *judged(driver, build))
    return BROKEN if found else OK


if __name__ == "__main__":
    sys.exit(main())
