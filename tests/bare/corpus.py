# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Sequences that once differed: files of lines, with comments that say where they came from."""

from __future__ import annotations

from pathlib import Path

from .sequences import CORPUS, Difference


def read(path: Path) -> list[str]:
    lines = [line.strip() for line in path.read_text().splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def read_all() -> list[str]:
    return [line for path in sorted(CORPUS.glob("*.txt")) for line in read(path)]


def save(found: Difference) -> Path:
    """A file of its own, to be given a name and a reason by whoever understands it."""
    CORPUS.mkdir(parents=True, exist_ok=True)
    number = 1
    while (path := CORPUS / f"found-{number}.txt").exists():
        number += 1
    comment = "\n".join(f"# {line}".rstrip() for line in found.report.splitlines())
    path.write_text("# SPDX-License-Identifier: MIT OR GPL-2.0-only\n"
                    f"# Found on {found.model}, {found.processors} processors: {found.origin}\n{comment}\n{found.line}\n")
    return path
