#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Puts the tables into docs/performance.md, from docs/performance/table.json and peers.json.

With --measure table.json is made anew first, in one run, with what scripts/build.sh has built.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from costs import figures, peers, table  # noqa: E402

DOCUMENT = figures.ROOT / "docs" / "performance.md"
DATA = figures.ROOT / "docs" / "performance" / "table.json"
PEERS = figures.ROOT / "docs" / "performance" / "peers.json"
END = "<!-- to here -->\n"


def _put(document: str, name: str, content: str) -> str:
    begin = f"<!-- bench/document.py writes {name} from here -->\n"
    before, _, rest = document.partition(begin)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{DOCUMENT.name} has no place for {name}: {begin.strip()} ... {END.strip()}")
    return f"{before}{begin}\n{content}\n\n{END}{after}"


def filled_in(document: str) -> str:
    """With the tables as their data are now."""
    document = _put(document, "the table", table.markdown(json.loads(DATA.read_text())))
    return _put(document, "the peers", peers.markdown(json.loads(PEERS.read_text())))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="make the data anew (ten seconds)")
    options = parser.parse_args()
    try:
        if options.measure:
            result = figures.measure(figures.product.bare_kernel(), sources=tuple(figures.SOURCES))
            DATA.write_text(json.dumps(result, indent=2) + "\n")
        DOCUMENT.write_text(filled_in(DOCUMENT.read_text()))
    except (RuntimeError, OSError, ValueError) as error:
        print(f"document: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
