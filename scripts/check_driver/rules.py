# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""All rules, in the order in which they are reported."""

from __future__ import annotations

from . import debug, guard, headers, imports, relocations, root_mode, sections, unwind
from .image import Driver
from .rule import Build, Problem, Rule

ALL: list[Rule] = [rule for module in (headers, sections, relocations, imports, unwind, guard, root_mode, debug)
                   for rule in module.RULES]


def problems(driver: Driver, build: Build = Build.MICROSOFT) -> list[Problem]:
    return [Problem(rule, what) for rule in ALL if rule.build & build for what in rule.check(driver)]
