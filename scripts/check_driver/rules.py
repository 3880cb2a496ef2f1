# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""All rules, in the order in which they are reported."""

from __future__ import annotations

from . import debug, guard, headers, imports, relocations, root_mode, sections, unwind
from .image import Driver
from .rule import Build, Problem, Rule
from .symbols import symbols_of

ALL: list[Rule] = [rule for module in (headers, sections, relocations, imports, unwind, guard, root_mode, debug)
                   for rule in module.RULES]


def judged(driver: Driver, build: Build = Build.MICROSOFT) -> tuple[list[Rule], list[Rule]]:
    """The rules for such a file: which can be judged, and which can't."""
    named, has_pdb = bool(symbols_of(driver).functions), driver.pdb.exists()
    asked = [rule for rule in ALL if rule.build & build]
    unjudged = [rule for rule in asked if (rule.needs_names and not named) or (rule.needs_pdb and not has_pdb)]
    return [rule for rule in asked if rule not in unjudged], unjudged


def problems(driver: Driver, build: Build = Build.MICROSOFT) -> list[Problem]:
    return [Problem(rule, what) for rule in judged(driver, build)[0] for what in rule.check(driver)]
