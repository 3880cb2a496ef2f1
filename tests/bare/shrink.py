# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Makes a sequence that differs as simple as it can be while it still differs.

A sequence is a line of words (tests/guest/conformance/fuzz/text.cpp); words that are missing stand for 0. To try many lines
costs as much as to try one (a boot), so that whole rounds are tried at once.
"""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple, Sequence

MOST_ROUNDS = 10
NEEDED = ("mode=", "rsp=", "rbp=", "rsi=", "rdi=")  # without them it would be about pointers and stacks, not about itself
PLAIN = {"dr7=": "dr7=0x400", "offset=": "offset=0x100"}
FIXED_FLAG = 1  # of RFLAGS


class Edit(NamedTuple):
    """One simplification: a word gone, another in its place, or a flag of RFLAGS cleared."""

    index: int
    word: str | None = None
    flag: int | None = None


def _edits(words: Sequence[str]) -> Iterator[Edit]:
    # Where the code ends at 4 GiB, the place of each instruction matters.
    fixed = (*NEEDED, "code=", "offset=", "wraps") if "wraps" in words else NEEDED
    for index, word in enumerate(words):
        plain = next((plain for key, plain in PLAIN.items() if word.startswith(key)), None)
        if word.startswith(fixed) or word == plain:
            continue
        if word.startswith("rflags="):
            value = int(word.partition("=")[2], 0)
            yield from (Edit(index, flag=flag) for flag in range(64) if value >> flag & 1 and flag != FIXED_FLAG)
        else:
            yield Edit(index, plain)


def _apply(words: Sequence[str], edits: Sequence[Edit]) -> str | None:
    """None: nothing would be left to execute."""
    changed: list[str | None] = list(words)
    for edit in edits:
        before = changed[edit.index]
        if edit.flag is None:
            changed[edit.index] = edit.word
        elif before is not None:
            changed[edit.index] = f"rflags={int(before.partition('=')[2], 0) & ~(1 << edit.flag):#x}"
    left = [word for word in changed if word is not None]
    return " ".join(left) if any(word.startswith("code=") for word in left) else None


def shrink(line: str, differing: Callable[[Sequence[str]], list[bool]]) -> str:
    """`differing` tells of each of several lines whether it differs."""

    def working(words: Sequence[str], tries: Sequence[Sequence[Edit]]) -> list[Sequence[Edit]]:
        lines = [(edits, text) for edits in tries if (text := _apply(words, edits)) is not None]
        if not lines:
            return []
        return [edits for (edits, _), differs in zip(lines, differing([text for _, text in lines])) if differs]

    for _ in range(MOST_ROUNDS):
        words = line.split()
        alone = working(words, [[edit] for edit in _edits(words)])
        if not alone:
            break
        # Each works alone: how many of them work together?
        edits = [edit for single in alone for edit in single]
        together = working(words, [edits[:count] for count in range(1, len(edits) + 1)])
        # The emulator may have had enough of it when they were tried together, never mind.
        line = _apply(words, together[-1] if together else alone[0]) or line
    return line
