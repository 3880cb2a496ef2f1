# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Where things are, and a lock between test processes that make the same thing."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("NADIR_BUILD", ROOT / "build" / "gcc"))
CACHE = ROOT / "build" / "cache"
RUNS = ROOT / "build" / "runs"


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """Makes other processes that want to make `name` wait until it is made."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(ROOT / "build" / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
