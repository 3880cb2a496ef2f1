# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The figures as a table, for a terminal and for Markdown, and what changed between two runs."""

from __future__ import annotations

import re

from . import exit_kinds
from .rows import LINUX_REASON, SECTIONS, Row, Section, all_rows

HEADINGS = ("what", "goal", "Nadir", "", "best peer")


def grouped(number: int) -> str:
    return f"{number:,}"


def verdict(row: Row, value: int) -> str:
    if row.goal is None:
        return ""
    return "met" if value <= row.goal else "over"


def cells(row: Row, value: int) -> tuple[str, ...]:
    goal = "-" if row.goal is None else f"<= {grouped(row.goal)}" if row.goal else "0"
    return row.what, goal, grouped(value), verdict(row, value), row.peer


def measured(figures: dict[str, int]) -> list[tuple[Section, list[tuple[str, ...]]]]:
    """The sections' rows that there is a figure for."""
    found = [(section, [cells(row, figures[row.figure]) for row in section.rows if row.figure in figures])
             for section in SECTIONS]
    return [(section, rows) for section, rows in found if rows]


def _made_by(result: dict) -> str:
    words = [result["emulator"], result["model"], result["compiler"]]
    if "kernel" in result:
        words.append(f"Debian's kernel {result['kernel']}")
    return "; ".join([*words, f"commit {result['commit']}"])


def _with_figures(words: str, figures: dict[str, int]) -> str:
    """<figure> and <figure/8> as numbers; what wasn't measured is said to be that."""
    def number(match: re.Match) -> str:
        figure = figures.get(match[1])
        return "(not measured)" if figure is None else grouped(figure // int(match[2] or 1))
    return re.sub(r"<(\w+)(?:/(\d+))?>", number, words)


def _reasons(section: Section, figures: dict[str, int]) -> list[str]:
    """Why goals of the section aren't met."""
    return [f"{row.what.split(':')[0]} is over its goal: {_with_figures(row.over, figures)}." for row in section.rows
            if row.over and row.figure in figures and verdict(row, figures[row.figure]) == "over"]


def _by_reason(section: Section, figures: dict[str, int]) -> str:
    """The section's exits, most frequent first."""
    counts = {exit_kinds.name(int(figure.removeprefix(LINUX_REASON))): count for figure, count in figures.items()
              if figure.removeprefix(LINUX_REASON).isdigit()}
    words = [f"{name} {grouped(count)}" for name, count in sorted(counts.items(), key=lambda item: -item[1])]
    return f"These were: {', '.join(words)}." if section.source == "linux" and words else ""


def text(result: dict) -> str:
    """For a terminal."""
    figures = result["figures"]
    sections = measured(figures)
    everything = [HEADINGS, *(row for _, rows in sections for row in rows)]
    widths = [max(len(row[column]) for row in everything) for column in range(len(HEADINGS))]

    def line(row: tuple[str, ...]) -> str:
        words = [row[0].ljust(widths[0]), row[1].rjust(widths[1]), row[2].rjust(widths[2]), row[3].ljust(widths[3]), row[4]]
        return "  ".join(words).rstrip()

    out = [line(HEADINGS)]
    for section, rows in sections:
        out += ["", f"{section.title} ({section.rows[0].unit})", *map(line, rows)]
        out += filter(None, [_by_reason(section, figures)])
        out += _reasons(section, figures)
    out += ["", _made_by(result)]
    return "\n".join(out)


def markdown(result: dict) -> str:
    figures = result["figures"]
    out = []
    for section, rows in measured(figures):
        out += [f"**{section.title}** ({section.rows[0].unit})", "", "| what | goal | Nadir | | best peer |",
                "|---|---:|---:|---|---|"]
        out += ["| " + " | ".join(row) + " |" for row in rows]
        out.append("")
        for words in filter(None, [_by_reason(section, figures), *_reasons(section, figures)]):
            out += [words, ""]
    return "\n".join([*out, f"Made by: {_made_by(result)}."])


def changes(now: dict, before: dict) -> tuple[list[str], int]:
    """What differs, in words, and how many figures grew."""
    lines, grown = [], 0
    for key in ("emulator", "model", "compiler", "kernel"):
        if key in now and key in before and now[key] != before[key]:
            lines.append(f"{key}: {before[key]} -> {now[key]}: figures of another {key} are other figures")
    for name, value in now["figures"].items():
        old = before["figures"].get(name)
        if old is None:
            lines.append(f"{name:28} {'new':>10} -> {value:>10,}")
        elif old != value:
            lines.append(f"{name:28} {old:>10,} -> {value:>10,}  {value - old:+,}")
            grown += value > old
    lines += [f"{name:28} no longer measured" for name in before["figures"] if name not in now["figures"]]
    return lines, grown
