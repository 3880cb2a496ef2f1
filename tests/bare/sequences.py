# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Random sequences of instructions (tests/guest/conformance/fuzz), bare and under nadir.elf: run, compared, shrunk.

docs/fuzzing.md explains it; tests/bare/fuzz.py is this by hand, tests/bare/test_sequences.py the bounded part of ./test.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Sequence

from emulator import fastboot
from emulator.bochs import Run

from .host import boot, boot_kernel, guest
from .shrink import shrink

CORPUS = Path(__file__).resolve().parents[1] / "fuzz" / "corpus" / "sequences"
PLACE = "below=64"  # at the same place with nadir.elf and without
END = "@@ result ok"
SCRIPT_SECONDS = 10  # of the emulator's processor time: scripts are short
MOST_HANGS = 4       # a sequence that hangs the machine is shrunk only so far


@dataclass
class Bed:
    """Where sequences run: one model of the emulator, bare and virtualised."""

    directory: Path
    model: str = "corei7_skylake_x"
    processors: int = 1
    timeout: float = 60  # of the emulator's processor time, for one run
    at_once: bool = False  # both runs at the same time
    events: int = 0  # what is watched in the virtualised run: bits of enum nadir_event_kind
    runs: list[Run] = field(default_factory=list)
    hangs: int = 0  # virtualised runs that didn't end

    def both(self, line: str, script: Sequence[str] = ()) -> tuple[Run, Run]:
        """The same command line and script, bare and virtualised."""
        line = f"{PLACE} fuzz {line}"
        text = [fastboot.Module("".join(f"{entry}\n" for entry in script).encode(), "sequences")] if script else []
        timeout = min(self.timeout, SCRIPT_SECONDS) if script else self.timeout
        settings = {"model": self.model, "processors": self.processors, "timeout": timeout}
        kernel = guest("conformance.elf")

        def bare() -> Run:
            return boot_kernel(self.directory / "bare", kernel, line, text, **settings)

        def virtualised() -> Run:
            # A stopped processor would wait for the end of the time.
            modules = [fastboot.Module(kernel, line), *text]
            words = f"log=error events={self.events}" if self.events else "log=error"
            return boot(self.directory / "virtualised", words, modules, stop_when=_is_the_end, **settings)

        with ThreadPoolExecutor(2 if self.at_once else 1) as pool:
            pair = pool.submit(bare), pool.submit(virtualised)
            self.runs = [run.result() for run in pair]
        self.hangs += self.runs[1].reason == "timeout"
        return self.runs[0], self.runs[1]


def _is_the_end(line: str) -> bool:
    return "is stopped for good" in line


def digests(run: Run) -> dict[int, str]:
    """What each block left behind, by the number of its first sequence."""
    lines = [line.split() for line in run.lines]
    return {int(words[1]): words[2] for words in lines if len(words) == 3 and words[0] == "fuzz" and words[1].isdigit()}


def first_difference(bare: Run, virtualised: Run) -> int | None:
    """The first block whose digest differs, or that the virtualised run didn't finish. None: there is none."""
    assert END in bare.lines, f"the bare run didn't end well, so there is nothing to compare with\n{bare.tail()}"
    expected, found = digests(bare), digests(virtualised)
    for first, digest in expected.items():
        if found.get(first) != digest:
            return first
    assert END in virtualised.lines and not virtualised.vmx_failures, virtualised.tail()
    return None


@dataclass
class Difference:
    """One sequence that isn't the same bare and virtualised."""

    model: str
    processors: int
    origin: str  # how to see it again
    line: str    # as the conformance kernel reads it
    report: str  # what differs, for people


def differing(bed: Bed, script: Sequence[str]) -> list[bool]:
    """For each line of a script: does it differ? What brings the virtualised machine down does; the rest runs again.

    After too many hangs the rest isn't tried any more, and counts as the same.
    """
    answers: list[bool] = []
    while len(answers) < len(script) and bed.hangs < MOST_HANGS:
        rest = script[len(answers):]
        bare, virtualised = bed.both("block=1", rest)
        refused = [text for text in bare.lines if text.endswith("is no sequence")]
        assert not refused, refused[0]
        expected, found = digests(bare), digests(virtualised)
        if not expected:
            answers.append(False)  # the bare machine can't run it, so it says nothing
            continue
        for number in range(len(rest)):
            if number not in expected:
                answers.append(False)
                break
            answers.append(found.get(number) != expected[number])
            if number not in found:
                break
    return answers + [False] * (len(script) - len(answers))


def describe(bed: Bed, line: str) -> str:
    """The lines of the detailed output that differ, with the sequence's own."""
    bare, virtualised = bed.both("detail=0 block=1", [line])
    left = [text for text in bare.lines if text.startswith("fuzz  ")]
    right = [text for text in virtualised.lines if text.startswith("fuzz  ")]
    found = [f"  bare: {a[6:]:40} virtualised: {b[6:]}" for a, b in zip(left, right) if a != b]
    if END not in virtualised.lines:
        found += ["  the virtualised machine didn't come to the end:",
                  *(f"    {text}" for text in [*virtualised.lines[-5:], *virtualised.vmx_failures[-3:]])]
    return "\n".join(found[:40])


def locate(bed: Bed, seed: int, first: int, count: int) -> Difference:
    """Within a block that differs: which sequence, as a line of text."""
    bare, virtualised = bed.both(f"seed={seed} first={first} count={count} block=1")
    number = first_difference(bare, virtualised)
    assert number is not None, f"seed={seed} first={first} count={count} differs only after the sequences before it"
    origin = f"fuzz seed={seed} first={number} count=1 detail={number}"
    bare, virtualised = bed.both(origin.removeprefix("fuzz ") + " block=1")
    start = f"fuzz sequence {number}: "
    line = next(text.removeprefix(start) for text in bare.lines if text.startswith(start))
    return Difference(bed.model, bed.processors, origin, line, "")


def search(bed: Bed, seed: int, count: int, first: int = 0) -> Difference | None:
    """Runs so many sequences; the first that differs, shrunk."""
    block = 256
    bare, virtualised = bed.both(f"seed={seed} first={first} count={count} block={block}")
    start = first_difference(bare, virtualised)
    if start is None:
        return None
    found = locate(bed, seed, start, min(block, first + count - start))
    bed.hangs = 0
    if not differing(bed, [found.line])[0]:
        found.report = "  alone it is the same: it depends on the sequences before it"
        return found
    found.line = shrink(found.line, lambda lines: differing(bed, lines))
    found.report = describe(bed, found.line)
    return found
