# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Where things are, and a lock between test processes that make the same thing."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NADIR_BUILD", ROOT / "build" / "gcc"))
CACHE = ROOT / "build" / "cache"
RUNS = ROOT / "build" / "runs"
RUNS_KEPT = 40  # of each kind, and those of the last hour: somebody may still write there


def _written(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except FileNotFoundError:  # another process has just removed it
        return 0


def new_run(kind: str, runs: Path = RUNS) -> Path:
    """A folder for the files of one run by hand. The oldest of its kind go."""
    runs.mkdir(parents=True, exist_ok=True)
    before = sorted(((_written(folder), folder) for folder in runs.glob(f"{kind}-????????")), reverse=True)
    for written, folder in before[RUNS_KEPT - 1:]:
        if written < time.time() - 3600:
            shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=runs))


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Makes other processes that want to make `name` wait until it is made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(ROOT / "build" / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
