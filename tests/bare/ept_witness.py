# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The live EPT, read by the emulator's debugger out of the machine's memory, and what it ought to be.

Nothing here is the core's: the tables are walked and the types computed from the MTRRs as the manual has it
([SDM3 "EPT Translation Mechanism"], [SDM3 "MTRR Precedences"]).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Iterator

PAGE = 4096
ADDRESS = 0x000F_FFFF_FFFF_F000
UC, WC, WT, WP, WB = 0, 1, 4, 5, 6

_FIXED = (("mtrrfix64k", 0x00000, 0x10000), ("mtrrfix16k_80000", 0x80000, 0x4000), ("mtrrfix16k_a0000", 0xA0000, 0x4000),
          *((f"mtrrfix4k_{start:x}", start, 0x1000) for start in range(0xC0000, 0x100000, 0x8000)))
_WORDS = re.compile(r"^0x([0-9a-f]{16}) <[^>]*>:((?:\t0x[0-9a-f]{8})+)$")


def dump(start: int, pages: int) -> str:
    """The debugger's command for it (Bochs 2.7 shows quadwords only the first time it is asked for them)."""
    return f"xp /{pages * 1024}wx {start:#x}"


def parse_dumps(text: str) -> list[dict[int, int]]:
    """For each stop of a debugger log: the quadwords that were dumped, by physical address."""
    stops: list[dict[int, int]] = []
    for line in text.splitlines():
        if "Magic breakpoint" in line:
            stops.append({})
        elif (match := _WORDS.match(line)) and stops:
            words = [int(word, 16) for word in match[2].split()]
            for number in range(0, len(words), 2):
                stops[-1][int(match[1], 16) + 4 * number] = words[number] | words[number + 1] << 32
    return stops


class Mtrrs:
    """Those of one processor, as the emulator shows them."""

    def __init__(self, state: dict[str, str]) -> None:
        value = {name: int(state[f"MSR.{name}"], 0) for name in
                 ("mtrr_deftype", *(name for name, _, _ in _FIXED),
                  *(f"mtrrphys{part}{i}" for part in ("base", "mask") for i in range(8)))}
        self.default = value["mtrr_deftype"]
        self.fixed = {start + i * step: (step, value[name] >> (8 * i) & 0xFF)
                      for name, start, step in _FIXED for i in range(8)}
        self.ranges = [(value[f"mtrrphysbase{i}"] & ADDRESS, value[f"mtrrphysmask{i}"] & ADDRESS,
                        value[f"mtrrphysbase{i}"] & 0xFF)
                       for i in range(8) if value[f"mtrrphysmask{i}"] & 1 << 11]

    def __eq__(self, other: object) -> bool:
        return vars(self) == vars(other)

    def types(self, start: int, span: int) -> set[int]:
        """Of all pages of an aligned block: halved until nothing begins or ends inside."""
        if not self.default & 1 << 11:
            return {UC}
        fixed = start < 0x100000 and self.default & 1 << 10
        found = set()
        for base, mask, kind in self.ranges:
            if (start ^ base) & mask & ~(span - 1):
                continue
            if fixed or mask & (span - 1):
                break
            found.add(kind)
        else:
            if not fixed:
                return {self._combined(found)}
        if span > PAGE:
            half = span // 2
            return self.types(start, half) | self.types(start + half, half)
        return {kind for at, (step, kind) in self.fixed.items() if at <= start < at + step}

    def _combined(self, found: set[int]) -> int:
        if not found:
            return self.default & 0xFF
        if len(found) == 1:
            return next(iter(found))
        return WT if found == {WT, WB} else UC  # anything else but UC is undefined; UC is the core's choice


@dataclass
class Leaf:
    start: int
    span: int
    physical: int
    type: int
    rights: int


@dataclass
class Memory:
    """Quadwords of physical memory."""

    words: dict[int, int]
    tables: set[int] = field(default_factory=set)  # that a walk came by

    def leaves(self, table: int, level: int = 4, start: int = 0) -> Iterator[Leaf]:
        """Of EPT tables."""
        self.tables.add(table)
        for i in range(512):
            entry = self.words[table + 8 * i]
            at, span = start + (i << (12 + 9 * (level - 1))), 1 << (12 + 9 * (level - 1))
            if not entry & 7:
                continue
            if level > 1 and not entry & 0x80:
                assert entry & 0xFF8 == 0 and entry & 7 == 7, f"reserved bits of the entry for {at:#x}: {entry:#x}"
                yield from self.leaves(entry & ADDRESS, level - 1, at)
            else:
                yield Leaf(at, span, entry & ADDRESS, entry >> 3 & 7, entry & 7)

    def pages(self, table: int, level: int = 4) -> Iterator[int]:
        """Physical addresses of what page tables map (by 4 KiB pages), and of the tables themselves."""
        self.tables.add(table)
        for i in range(512):
            entry = self.words[table + 8 * i]
            if entry & 1:
                yield entry & ADDRESS
                if level > 1:
                    yield from self.pages(entry & ADDRESS, level - 1)
