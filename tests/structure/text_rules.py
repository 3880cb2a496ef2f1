# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Rules about every source file's text: its licence line, its length, no path of one machine."""

from __future__ import annotations

import re
from pathlib import Path

from structure import sources

SPDX = re.compile(r"SPDX-License-Identifier: MIT OR GPL-2\.0-only")
MOST_LINES = 400

# Longer files, each with the reason.
LONG: dict[str, str] = {}

# Home folders, mounts of a development machine, drive letters. System paths (/usr, /proc, /dev, /sys, /boot, /lib, /etc,
# /tmp, /bin, /opt) are the same on every machine.
MACHINE_PATH = re.compile(r"(?:(?<![\w./$}{~-])|(?<=-[IL]))/(?:home|root|work|Users|workspace|workspaces|mnt|srv|media|private|github)/\w"
                          r"|(?<![A-Za-z0-9_])[A-Za-z]:\\\\?Users")


def licence_problems(root: Path, files: list[Path]) -> list[str]:
    found = []
    for path in files:
        if not sources.is_source(path):
            continue
        lines = sources.lines(root / path)
        first = 1 if lines and lines[0].startswith("#!") else 0
        if not lines:
            if path.name != "__init__.py":
                found.append(f"{path}:1: empty file")
        elif len(lines) <= first or not SPDX.search(lines[first]):
            found.append(f"{path}:{first + 1}: no line 'SPDX-License-Identifier: MIT OR GPL-2.0-only'")
    return found


def length_problems(root: Path, files: list[Path], allowed: dict[str, str] = LONG) -> list[str]:
    found = []
    for path in files:
        if path.suffix not in sources.CODE | {".py", ".sh", ".s"}:
            continue
        count = len(sources.lines(root / path))
        if count > MOST_LINES and str(path) not in allowed:
            found.append(f"{path}:{MOST_LINES}: {count} lines; split it, or name it with a reason in structure/text_rules.py")
    for name in allowed:
        if Path(name) not in files or len(sources.lines(root / name)) <= MOST_LINES:
            found.append(f"{name}: no longer a long file: remove it from structure/text_rules.py")
    return found


def path_problems(root: Path, files: list[Path]) -> list[str]:
    found = []
    for path in files:
        if not sources.is_source(path) and path.suffix not in {".txt", ".json", ""}:
            continue
        for number, line in enumerate(sources.lines(root / path), 1):
            if MACHINE_PATH.search(line):
                found.append(f"{path}:{number}: an absolute path of one machine: {line.strip()[:100]}")
    return found
