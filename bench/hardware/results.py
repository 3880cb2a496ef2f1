# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""From what the script printed to results: for each figure the median of the pairs' ratios, with a bootstrap interval.

Ratios of pairs and not of means: what is the same in both halves of a pair, such as the machine's temperature, cancels out.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from statistics import median
from typing import Sequence

from plan import LEAST_PAIRS, SIDES, WARM_UP

RESAMPLES = 10_000
SEED = 1  # the same samples give the same interval
CONFIDENCE = 0.95


class Incomplete(ValueError):
    """The lines aren't those of a whole run; says what is missing."""


@dataclass(frozen=True)
class Raw:
    machine: dict[str, str]
    samples: dict[str, dict[int, dict[str, float]]]  # figure, pair, side


def parse(text: str) -> Raw:
    machine: dict[str, str] = {}
    samples: dict[str, dict[int, dict[str, float]]] = {}
    for line in text.splitlines():
        line = line.rstrip("\r")
        if found := re.fullmatch(r"@@ machine ([^:]+): (.*)", line):
            machine[found[1]] = found[2]
        elif found := re.fullmatch(r"@@ sample (\d+) (\w+) (\w+) ([0-9.]+)", line):
            pair, side, figure, value = int(found[1]), found[2], found[3], float(found[4])
            if side not in SIDES:
                raise Incomplete(f"no such side: {line}")
            if side in samples.setdefault(figure, {}).setdefault(pair, {}):
                raise Incomplete(f"twice: {line}")
            samples[figure][pair][side] = value
        elif line.startswith("@@ sample"):
            raise Incomplete(f"not a sample: {line}")
        elif line.startswith("@@ failed"):
            raise Incomplete(f"the run ended early: {line.removeprefix('@@ failed ')}")
    if not re.search(r"^@@ complete\r?$", text, re.MULTILINE):
        raise Incomplete("the run has no end (@@ complete)")
    if not samples:
        raise Incomplete("no samples")
    for figure, pairs in samples.items():
        for pair, sides in pairs.items():
            if set(sides) != set(SIDES):
                raise Incomplete(f"{figure}: pair {pair} has only one side")
    return Raw(machine, samples)


def interval(ratios: Sequence[float], resamples: int = RESAMPLES) -> tuple[float, float]:
    """Percentile bootstrap of the median."""
    choose = random.Random(SEED)
    medians = sorted(median(choose.choices(ratios, k=len(ratios))) for _ in range(resamples))
    tail = (1 - CONFIDENCE) / 2
    return medians[int(tail * resamples)], medians[min(resamples - 1, int((1 - tail) * resamples))]


def summarize(raw: Raw) -> dict:
    figures = {}
    for figure, pairs in raw.samples.items():
        counted = [sides for pair, sides in sorted(pairs.items()) if pair != WARM_UP]
        if not counted or any(sides["bare"] == 0 for sides in counted):
            raise Incomplete(f"{figure}: no pair that could be divided")
        ratios = [sides["nadir"] / sides["bare"] for sides in counted]
        low, high = interval(ratios)
        figures[figure] = {"pairs": len(counted), "bare": median(sides["bare"] for sides in counted),
                           "nadir": median(sides["nadir"] for sides in counted), "ratio": median(ratios),
                           "interval": [low, high]}
    return {"machine": raw.machine, "confidence": CONFIDENCE, "figures": figures}


def text(results: dict) -> str:
    lines = [f"{name}: {value}" for name, value in results["machine"].items()]
    lines += ["", f"{'figure':14} {'pairs':>5} {'bare':>15} {'Nadir':>15} {'ratio':>8}   {results['confidence']:.0%} interval"]
    for name, figure in results["figures"].items():
        low, high = figure["interval"]
        same = "   no difference seen" if low <= 1 <= high else ""
        few = f"   fewer than {LEAST_PAIRS} pairs: says nothing" if figure["pairs"] < LEAST_PAIRS else same
        lines.append(f"{name:14} {figure['pairs']:5} {figure['bare']:15,.1f} {figure['nadir']:15,.1f} {figure['ratio']:8.4f}"
                     f"   {low:.4f} to {high:.4f}{few}")
    return "\n".join(lines)
