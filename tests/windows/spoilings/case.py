# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A case: one mistake in a file, and the rules that have to name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from check_driver import guard
from check_driver.relocations import DIR64
from windows.spoil import Spoiled


@dataclass(frozen=True)
class Case:
    change: Callable[[Spoiled], None]
    rules: set[str]  # that are broken by it
    words: str  # that the report has
    others: bool  # more rules may be broken by what follows from it


CASES: dict[str, Case] = {}


def case(*rules: str, words: str = "", others: bool = False):
    def add(change: Callable[[Spoiled], None]) -> Callable[[Spoiled], None]:
        CASES[change.__name__] = Case(change, set(rules), words, others)
        return change
    return add


def load_configuration(file) -> int:
    return file.good.directory("load configuration")[0]


def relocation(file, wanted=lambda target: True) -> tuple[int, int]:
    """Where in the file a relocation's entry is, and of what."""
    for at, _, _, entries in file.good.relocation_blocks():
        for index, (kind, target) in enumerate(entries):
            if kind == DIR64 and wanted(target):
                return file.offset(at) + 8 + 2 * index, target
    raise AssertionError("no such relocation")
