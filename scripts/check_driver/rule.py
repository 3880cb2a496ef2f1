# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A rule, and what breaks it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, auto
from typing import Callable, Iterator

from .image import Driver


class Build(Flag):
    """Which linker made the file: GNU's knows nothing of load configurations, PDBs and a read-only import table."""

    MICROSOFT = auto()  # clang and lld-link, or Microsoft's own
    GNU = auto()  # mingw-w64
    ANY = MICROSOFT | GNU


@dataclass(frozen=True)
class Rule:
    name: str
    says: str  # what must be, and why
    remedy: str  # what to do about it
    check: Callable[[Driver], Iterator[str]]  # says what is wrong, one line per mistake
    build: Build = Build.ANY
    needs_pdb: bool = False  # is about the symbol file
    needs_names: bool = False  # has exceptions by the names of functions: without a symbol file it can't be judged


@dataclass(frozen=True)
class Problem:
    rule: Rule
    what: str

    def __str__(self) -> str:
        return f"{self.rule.name}: {self.what}"
