# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""How deep root mode's stacks can get: the sum of the frames along the deepest way through the calls, from the disassembly.

The core has no indirect call (test_objects), no variable frame, and few recursions, whose depth is known.
"""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

# Functions that call themselves, by a part of their name, and how often at most: once per level of paging structures.
RECURSIONS = {"(anonymous namespace)::refresh(": 4, "nadir::core::fill_ept_table<": 4}
# A provocation: it is to overflow the stack.
ENDLESS = "(anonymous namespace)::overflow("

_HEAD = re.compile(r"^[0-9a-f]+ <(.*)>:$")
_TARGET = re.compile(r"^(call|j\w+)\s+[0-9a-f]+ <(.*?)(?:\+0x[0-9a-f]+)?>\s*$")
_ADJUST = re.compile(r"^(sub|add)\s+\$(-?0x[0-9a-f]+),%rsp")
_LEA = re.compile(r"^lea\s+(-?0x[0-9a-f]+)\(%rsp\),%rsp")


def _signed(number: str) -> int:
    """GCC frees 128 bytes by subtracting -128, and objdump writes that with 64 bits."""
    value = int(number, 16)
    return value - (1 << 64) if value >> 63 else value


@dataclass
class Function:
    frame: int = 0
    calls: set[str] = field(default_factory=set)
    tail_calls: set[str] = field(default_factory=set)


def functions_of(image: Path) -> dict[str, Function]:
    text = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", image], capture_output=True, text=True, check=True,
                          timeout=120).stdout
    functions: dict[str, Function] = {}
    name, depth = "", 0
    for line in text.splitlines():
        if head := _HEAD.match(line):
            name, depth = head[1], 0
            functions[name] = Function()
            continue
        if not name or ":\t" not in line:
            continue
        instruction = line.split(":\t", 1)[1]
        function = functions[name]
        if instruction.startswith("push"):
            depth += 8
        elif instruction.startswith("pop"):
            depth -= 8
        elif adjust := _ADJUST.match(instruction):
            depth += _signed(adjust[2]) * (1 if adjust[1] == "sub" else -1)
        elif lea := _LEA.match(instruction):
            depth -= _signed(lea[1])
        elif target := _TARGET.match(instruction):
            if target[1] == "call":
                function.calls.add(target[2])
            elif target[2] != name:
                function.tail_calls.add(target[2])
        # Behind a return in the middle the next instruction's depth is another's; the deepest one is what counts.
        function.frame = max(function.frame, depth)
    return functions


class Depths:
    def __init__(self, functions: dict[str, Function]):
        self._functions = functions
        self._known: dict[str, tuple[int, list[str]]] = {}
        self._open: list[str] = []
        self.unknown_recursions: set[str] = set()

    def of(self, name: str) -> tuple[int, list[str]]:
        """Bytes below the return address of `name`, and the way that needs them."""
        if name in self._known:
            return self._known[name]
        if ENDLESS in name:
            return 0, []
        if name in self._open:
            for part, times in RECURSIONS.items():
                if part in name:
                    cycle = self._open[self._open.index(name):]
                    frames = sum(self._functions[one].frame + 8 for one in cycle)
                    return (times - 1) * frames, [f"{name} again, {times - 1} times: {(times - 1) * frames}"]
            self.unknown_recursions.add(name)
            return 0, []
        function = self._functions.get(name, Function())
        self._open.append(name)
        best = (function.frame, [f"{name}: {function.frame}"])
        for other in function.calls:
            bytes_, way = self.of(other)
            if function.frame + 8 + bytes_ > best[0]:
                best = (function.frame + 8 + bytes_, [f"{name}: {function.frame}", *way])
        for other in function.tail_calls:
            bytes_, way = self.of(other)
            if bytes_ > best[0]:
                best = (bytes_, [f"{name}: then", *way])
        self._open.pop()
        self._known[name] = best
        return best
