# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The closing table: what it took, per processor."""

from __future__ import annotations

from emulator.bochs import Run

from .guest import Options
from .observations import Observations, exits_of, processors_of, stops_by_phase


def _columns(rows: list[list[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [cell.ljust(width) if column == 0 else cell.rjust(width)
                 for column, (cell, width) in enumerate(zip(row, widths))]
        lines.append("  " + "  ".join(cells).rstrip())
        if number == 0:
            lines.append("  " + "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "?"


def closing_table(options: Options, seen: Observations, run: Run) -> str:
    every = range(options.processors)
    entries = {entry.get("processor"): entry for entry in processors_of(seen)}
    during = stops_by_phase(run, options.processors)["during"]
    rows = [["", *(f"processor {processor}" for processor in every)]]

    def row(name: str, cells: list[str]) -> None:
        rows.append([name, *cells])

    row("in VMX non-root operation (debugger)",
        ["yes" if processor in during and during[processor].in_guest(processor) else "no" for processor in every])
    row("to enter, instructions", [_number(entries.get(processor, {}).get("enter_ticks")) for processor in every])
    row("to leave, instructions", [_number(entries.get(processor, {}).get("leave_ticks")) for processor in every])
    row("VM exits", [_number(entries.get(processor, {}).get("exits_total")) for processor in every])
    reasons = sorted({name for processor in every for name in exits_of(seen, processor)})
    for name in reasons:
        row(f"  {name}", [_number(exits_of(seen, processor).get(name, 0)) for processor in every])
    table = _columns(rows)
    status = seen.json.get("status")
    if isinstance(status, dict):
        table += (f"\n\n  memory used: {_number(status.get('bytes_total'))} bytes, "
                  f"{_number(status.get('bytes_per_processor'))} of them per processor")
    return table
