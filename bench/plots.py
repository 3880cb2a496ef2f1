#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Draws how Nadir's cost grows: docs/performance/*.svg from docs/performance/growth.json.

With --measure the data are made anew first, with what scripts/build.sh has built.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Callable

sys.path.insert(0, str(Path(__file__).resolve().parent))

from costs import figures, growth  # noqa: E402
from costs.svg import Axis, Chart, Line  # noqa: E402
from emulator.places import new_run  # noqa: E402

FOLDER = figures.ROOT / "docs" / "performance"
DATA = FOLDER / "growth.json"
KIB = 1024


def measure() -> dict:
    image = figures.product.bare_kernel()
    made_by = {"emulator": figures.emulator_version(), "model": figures.MODEL,
               "compiler": figures.compiler_version(image.resolve())}
    processors = [growth.on_processors(count, image, new_run("growth"), figures.MODEL)
                  for count in range(1, growth.MOST_PROCESSORS + 1)]
    return {"made_by": made_by, "processors": processors, **figures.growth_of_tables()}


def bytes_in_words(kib: float) -> str:
    return f"{kib / KIB:g} MiB" if kib >= KIB else f"{kib:g} KiB"


def thousands(value: float) -> str:
    return f"{value:,.0f}"


def with_2_mib_leaves(memory_gib: int) -> int:
    """Bytes of tables that map this much memory by 2-MiB pages, with nothing split: a table per GiB, one per 512, a PML4."""
    return (memory_gib + -(-memory_gib // 512) + 1) * 4096


MEMORY = Axis("memory", [1, 4, 16, 64, 256, 1024, 2000], lambda gib: f"{gib / 1024:g} TiB" if gib == 1024 else
              "2,000" if gib == 2000 else f"{gib:g} GiB", logarithmic=True)


def of_memory(data: dict, firmware: str, pages_1g: bool, figure: str, scale: float = 1) -> list[tuple[float, float]]:
    return [(entry["memory_gib"], entry[figure] / scale) for entry in data["memory"]
            if entry["firmware"] == firmware and entry["pages_1g"] == pages_1g]


def tables(data: dict) -> Chart:
    small = [entry for entry in data["memory"] if entry["firmware"] == "usual" and not entry["pages_1g"]]
    fits = [(entry["memory_gib"], entry["touched_bytes"] / KIB) for entry in small if entry["by_turns"] == 0]
    turns = [(entry["memory_gib"], entry["touched_bytes"] / KIB) for entry in small if entry["by_turns"] != 0]
    others = [(size, with_2_mib_leaves(size) / KIB) for size, _ in of_memory(data, "usual", True, "touched_bytes")]
    return Chart(
        "EPT tables in use, once all memory has been touched", "by how much memory there is; dotted: a part at a time, by turns; both axes logarithmic",
        MEMORY, Axis("", [8, 32, 128, 512, 2048, 8192], bytes_in_words, logarithmic=True), [
            Line("2-MiB pages everywhere", others, 4),
            Line("", fits, 1),
            Line("Nadir, no 1-GiB pages", [fits[-1], *turns], 1, dashed=True),
            Line("Nadir, MTRRs with holes", of_memory(data, "holes", True, "touched_bytes", KIB), 3),
            Line("Nadir, usual MTRRs", of_memory(data, "usual", True, "touched_bytes", KIB), 0),
            Line("Nadir, no MTRR ranges", of_memory(data, "uniform", True, "touched_bytes", KIB), 2),
        ])


def entries(data: dict) -> Chart:
    return Chart(
        "EPT entries written", "by how much memory there is, usual MTRRs; both axes logarithmic", MEMORY,
        Axis("", [1_000, 3_000, 10_000, 30_000, 100_000], thousands, logarithmic=True), [
            Line("no 1-GiB pages, all touched", of_memory(data, "usual", False, "touched_entries"), 1),
            Line("1-GiB pages, all touched", of_memory(data, "usual", True, "touched_entries"), 0),
            Line("1-GiB pages, at the start", of_memory(data, "usual", True, "start_entries"), 2),
        ])


def address_bits(data: dict) -> Chart:
    def of_width(pages_1g: bool, figure: str) -> list[tuple[float, float]]:
        return [(entry["address_bits"], entry[figure] / KIB) for entry in data["address_bits"]
                if entry["pages_1g"] == pages_1g]

    return Chart(
        "EPT pages set aside at the start, and those in use then", "by the width of physical addresses; 16 GiB of memory",
        Axis("bits of a physical address", range(36, 47, 2)),
        Axis("", [16, 32, 64, 128, 256, 512, 1024], bytes_in_words, logarithmic=True), [
            Line("set aside, no 1-GiB pages", of_width(False, "pool_bytes"), 1),
            Line("set aside, 1-GiB pages", of_width(True, "pool_bytes"), 0),
            Line("in use, 1-GiB pages", of_width(True, "start_bytes"), 2),
        ])


def processors_memory(data: dict) -> Chart:
    rows = data["processors"]
    total = [(row["processors"], row["bytes_total"] / KIB) for row in rows]
    shared = [(row["processors"], (row["bytes_total"] - row["processors"] * row["bytes_per_processor"]) / KIB) for row in rows]
    return Chart(
        "Memory that Nadir holds", "by the number of processors (40-bit addresses, 1-GiB pages)",
        Axis("processors", range(1, growth.MOST_PROCESSORS + 1)), _linear(total, 200, bytes_in_words), [
            Line("all of it", total, 0), Line("shared by all processors", shared, 2)])


def processors_instructions(data: dict) -> Chart:
    rows = data["processors"]
    enter = [(row["processors"], sum(row["enter"])) for row in rows]
    leave = [(row["processors"], sum(row["leave"])) for row in rows]
    return Chart(
        "Instructions to enter and to leave, all processors together", "by the number of processors",
        Axis("processors", range(1, growth.MOST_PROCESSORS + 1)), _linear(enter, 10_000, thousands), [
            Line("enter", enter, 0), Line("leave", leave, 1)])


def _linear(points: list[tuple[float, float]], step: int, words: Callable[[float], str]) -> Axis:
    """From 0 to the first step that has room for all, in at most six steps."""
    highest = max(y for _, y in points)
    while highest > 6 * step:
        step *= 2
    return Axis("", range(0, (int(highest) // step + 2) * step, step), words)


PLOTS: dict[str, Callable[[dict], Chart]] = {
    "tables": tables, "entries": entries, "address-bits": address_bits, "processors-memory": processors_memory,
    "processors-instructions": processors_instructions}


def draw(data: dict) -> dict[str, str]:
    """The content of each file, by its name."""
    return {f"{name}.svg": plot(data).svg() for name, plot in PLOTS.items()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--measure", action="store_true", help="make the data anew (half a minute)")
    options = parser.parse_args()
    try:
        if options.measure:
            data = measure()
            FOLDER.mkdir(exist_ok=True)
            DATA.write_text(json.dumps(data, indent=1) + "\n")
        else:
            data = json.loads(DATA.read_text())
    except (RuntimeError, OSError, ValueError) as error:
        print(f"plots: {error}", file=sys.stderr)
        return 2
    for name, content in draw(data).items():
        (FOLDER / name).write_text(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
