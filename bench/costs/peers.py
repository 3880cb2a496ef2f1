# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Other hypervisors' measured figures (docs/performance/peers.json, as bench/peers takes them) beside ours, as Markdown."""

from __future__ import annotations

from typing import Iterable

from .table import grouped

# What a hypervisor may get wrong behind an exit, in words.
CHECKS = {
    "upper_halves": "the upper halves of CPUID's registers",
    "prefixed_cpuid": "the length of a prefixed CPUID",
    "single_step": "a single step's trap",
    "sti_shadow": "the end of STI's shadow",
    "breakpoints_stay": "breakpoints",
    "invalid_xsetbv": "#GP of a wrong XSETBV",
    "wrap_at_4_gib": "RIP's wrap at 4 GiB",
}


def _wrong(checks: dict[str, str]) -> str:
    """What it gets wrong; in italics what ends the machine."""
    words = [CHECKS.get(name, name) if outcome == "wrong" else f"*{CHECKS.get(name, name)}*"
             for name, outcome in checks.items() if outcome != "right"]
    return ", ".join(words) or "-"


def _cell(value: int | None) -> str:
    return "-" if value is None else grouped(value)


def _row(peer: dict) -> tuple[str, ...]:
    instructions = peer["instructions"]
    xsetbv = "#UD" if "xsetbv" in peer.get("faults", {}) else _cell(instructions.get("xsetbv"))
    return (peer["name"], _cell(instructions["cpuid_leaf_0"]), f"{peer['vmreads_per_cpuid']}/{peer['vmwrites_per_cpuid']}", xsetbv,
            _cell(peer.get("start")), _wrong(peer["checks"]))


def markdown(peers: Iterable[dict]) -> str:
    ordered = sorted(peers, key=lambda peer: peer["instructions"]["cpuid_leaf_0"])
    out = ["| | CPUID | VMREADs/VMWRITEs of it | XSETBV | to start, all of it | what it gets wrong |", "|---|---:|---:|---:|---:|---|"]
    out += ["| " + " | ".join(_row(peer)) + " |" for peer in ordered]
    return "\n".join([*out, "", "How:", "", *(f"- {peer['name']}: {peer['version']}, {peer['date']}. {peer['how']}."
                                              for peer in ordered)])
