#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What Nadir costs, as exact numbers: a table with the goals and the best of other hypervisors beside ours.

With one emulated processor the emulator's time-stamp counter counts instructions, so a figure is the same in every run, on
every machine, for one compiler. docs/performance.md says what that shows and what it doesn't.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent))

from costs import rows, table  # noqa: E402
from costs.figures import MODEL, SOURCES, emulator_version, measure, product  # noqa: E402

__all__ = ["compare", "emulator_version", "measure"]  # for the tests, and for bench/peers

BUDGET = Path(__file__).resolve().parent / "budget.json"
OTHERWISE, GREW, IMPOSSIBLE = 0, 1, 2  # exit status


def earlier_run(text: str) -> dict:
    try:
        result = json.loads(Path(text).read_text())
        if not isinstance(result["figures"], dict):
            raise KeyError
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise argparse.ArgumentTypeError(f"{text} isn't what `bench.py --json` prints") from None
    return result


def image(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"{text} isn't a file")
    return Path(text)


def arguments(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--image", type=image, help="nadir.elf; default: the one that ./test built")
    parser.add_argument("--model", default=MODEL, help="the emulator's processor model (default: %(default)s)")
    parser.add_argument("--only", action="append", choices=list(SOURCES), help="what to measure; may be given again; "
                        "default: all (linux takes ten seconds, the others three)")
    parser.add_argument("--compare", type=earlier_run, metavar="FILE", help="JSON of an earlier run: what changed is printed "
                        "(beside --json: on stderr); exit status 1 when a figure grew")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON instead of the table")
    form.add_argument("--markdown", action="store_true", help="print the table as in docs/performance.md")
    parser.add_argument("--record", action="store_true", help=f"make the figures the budget, {BUDGET.name}")
    return parser.parse_args(words)


def record(figures: dict[str, int], everything: bool) -> None:
    """All but what depends on the kernel that was booted. Of everything that was measured, names that are gone go, too."""
    budget = json.loads(BUDGET.read_text())
    if everything:
        budget["most"] = {}
    budget["most"] |= {name: value for name, value in figures.items() if not name.startswith(rows.LINUX_REASON)}
    BUDGET.write_text(json.dumps(budget, indent=2) + "\n")


def compare(now: dict, before: dict, out: TextIO | None = None) -> int:
    """Prints what changed; the number of figures that grew."""
    lines, grown = table.changes(now, before)
    print("\n".join(lines or ["nothing changed"]), file=out)
    return grown


def main() -> int:
    options = arguments()
    try:
        result = measure(options.image or product.bare_kernel(), options.model, tuple(options.only or SOURCES))
    except (RuntimeError, OSError) as error:
        print(f"bench: {error}", file=sys.stderr)
        return IMPOSSIBLE
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        print(table.markdown(result) if options.markdown else table.text(result))
    if options.record:
        record(result["figures"], options.only is None)
    if options.compare is None:
        return OTHERWISE
    if not options.json:
        print()
    return GREW if compare(result, options.compare, sys.stderr if options.json else None) else OTHERWISE


if __name__ == "__main__":
    sys.exit(main())
