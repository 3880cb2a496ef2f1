# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Line charts as SVG, in the reader's light or dark: a few lines each, labelled at their ends instead of by a legend.

Text stays text, numbers are rounded to a tenth, nothing is random: the same data make the same file.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from html import escape
from typing import Callable, Sequence

WIDTH, HEIGHT = 760, 400
LEFT, RIGHT, TOP, BOTTOM = 74, 212, 66, 54  # margins of the plot area; the right one is for the lines' labels
LABEL_HEIGHT = 15

LIGHT = {"paper": "#ffffff", "ink": "#1f2937", "soft": "#6b7280", "grid": "#e5e7eb"}
DARK = {"paper": "#0d1117", "ink": "#e5e7eb", "soft": "#9ca3af", "grid": "#2b323b"}
# Lines' colours, light and dark.
COLOURS = (("#2563eb", "#60a5fa"), ("#b45309", "#fbbf24"), ("#047857", "#34d399"), ("#7c3aed", "#c4b5fd"), ("#6b7280", "#9ca3af"))


def _colours(theme: dict[str, str], column: int) -> str:
    """Classes, not variables: not every viewer knows those."""
    rules = [f".paper {{ fill: {theme['paper']}; }}", f"text {{ fill: {theme['soft']}; }}", f".title {{ fill: {theme['ink']}; }}",
             f".grid {{ stroke: {theme['grid']}; }}", f".axis {{ stroke: {theme['soft']}; }}"]
    for number, colour in enumerate(COLOURS):
        rules.append(f".s{number} {{ stroke: {colour[column]}; }} .f{number} {{ fill: {colour[column]}; }}")
    return "\n".join(rules)


STYLE = f"""\
text {{ font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; }}
.title {{ font-size: 16px; font-weight: 600; }}
polyline {{ fill: none; stroke-width: 1; }}
.line {{ stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }}
.dashed {{ stroke-dasharray: 2 6; }}
.label {{ font-weight: 600; }}
.tie {{ opacity: .45; }}
{_colours(LIGHT, 0)}
@media (prefers-color-scheme: dark) {{
{_colours(DARK, 1)}
}}"""


@dataclass(frozen=True)
class Axis:
    title: str
    ticks: Sequence[float]  # the first and the last are the ends
    words: Callable[[float], str] = "{:g}".format
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """From 0 to 1."""
        low, high = self.ticks[0], self.ticks[-1]
        if not low <= value <= high:
            raise ValueError(f"{value} lies outside the axis '{self.title}', {low} to {high}")
        if self.logarithmic:
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


@dataclass(frozen=True)
class Line:
    label: str  # "" for a part of another line
    points: Sequence[tuple[float, float]]
    colour: int  # of COLOURS
    dashed: bool = False


@dataclass(frozen=True)
class Chart:
    title: str
    subtitle: str
    x: Axis
    y: Axis
    lines: Sequence[Line] = field(default_factory=tuple)

    def at(self, x: float, y: float) -> tuple[float, float]:
        return (LEFT + self.x.place(x) * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - self.y.place(y) * (HEIGHT - TOP - BOTTOM))

    def svg(self) -> str:
        parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
                 f'aria-label="{escape(self.title)}">', "<!-- SPDX-License-Identifier: MIT OR GPL-2.0-only -->",
                 f"<style>\n{STYLE}\n</style>", f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" class="paper"/>',
                 _text(20, 30, self.title, "title"), _text(20, 49, self.subtitle)]
        return "\n".join([*parts, *self._axes(), *self._lines(), "</svg>"]) + "\n"

    def _axes(self) -> list[str]:
        left, right, bottom = LEFT, WIDTH - RIGHT, HEIGHT - BOTTOM
        parts = []
        for tick in self.y.ticks:
            y = self.at(self.x.ticks[0], tick)[1]
            parts += [_stroke("grid", [(left, y), (right, y)]), _text(left - 8, y + 4, self.y.words(tick), anchor="end")]
        for tick in self.x.ticks:
            x = self.at(tick, self.y.ticks[0])[0]
            parts += [_stroke("axis", [(x, bottom), (x, bottom + 4)]),
                      _text(x, bottom + 19, self.x.words(tick), anchor="middle")]
        parts.append(_stroke("axis", [(left, bottom), (right, bottom)]))
        parts.append(_text((left + right) / 2, HEIGHT - 14, self.x.title, anchor="middle"))
        return parts

    def _lines(self) -> list[str]:
        parts = []
        ends = []
        for line in self.lines:
            points = [self.at(x, y) for x, y in line.points]
            parts.append(_stroke(f"line s{line.colour}{' dashed' if line.dashed else ''}", points))
            parts += [f'<circle cx="{_number(x)}" cy="{_number(y)}" r="2.75" class="f{line.colour}"/>' for x, y in points]
            if line.label:
                ends.append((points[-1], line))
        for (end, line), y in zip(ends, _apart([end[1] for end, _ in ends])):
            x = WIDTH - RIGHT + 22
            parts.append(_stroke(f"tie s{line.colour}", [(end[0] + 5, end[1]), (x - 4, y)]))
            parts.append(_text(x, y + 4, line.label, f"label f{line.colour}"))
        return parts


def _apart(heights: Sequence[float]) -> list[float]:
    """Moves labels so that none covers another, and none leaves the plot."""
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = list(heights)
    lowest = HEIGHT - BOTTOM
    for rank, i in enumerate(order):
        if rank:
            placed[i] = max(placed[i], placed[order[rank - 1]] + LABEL_HEIGHT)
    for i in reversed(order):
        placed[i] = min(placed[i], lowest)
        lowest = placed[i] - LABEL_HEIGHT
    return placed


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _stroke(kind: str, points: Sequence[tuple[float, float]]) -> str:
    path = " ".join(f"{_number(x)},{_number(y)}" for x, y in points)
    return f'<polyline class="{kind}" points="{path}"/>'


def _text(x: float, y: float, words: str, kind: str = "", anchor: str = "") -> str:
    more = "".join(f' {name}="{value}"' for name, value in (("class", kind), ("text-anchor", anchor)) if value)
    return f'<text x="{_number(x)}" y="{_number(y)}"{more}>{escape(words)}</text>'
