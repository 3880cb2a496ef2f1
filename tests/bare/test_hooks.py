# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Hidden pages: who executes meets the hooks, who reads sees what was there, who writes is obeyed; on several processors at once."""

from __future__ import annotations

import re
import subprocess

import pytest

from . import comparison, test_conformance
from .host import boot, expect_ok, guest, matching

PAGES = "hook_pages=32"
MODELS = [pytest.param("corei7_skylake_x", 2, marks=pytest.mark.quick), ("tigerlake", 3), ("corei7_haswell_4770", 1)]


def hooks_of(run, start: str) -> list[tuple[int, int, int]]:
    """Hits, changes and the byte below of each hook."""
    return [(int(hits), int(changes), int(below, 16)) for hits, changes, below in (
        re.search(r"hits (\d+) changes (\d+) below (\w+)", line).groups() for line in matching(run, start))]


@pytest.mark.parametrize("model, processors", MODELS)
def test_hooks(tmp_path, model, processors):
    run = expect_ok(boot(tmp_path, f"test=hooks {PAGES} log=error", model=model, processors=processors))
    # Each processor calls three times what returns a constant, and once what reads itself and what has the system's own INT3.
    once = [(processors, 0, 0x0F), (3 * processors, 0, 0xB8), (0, 0, 0x90), (3 * processors, 0, 0xC3), (processors, 0, 0xCC)]
    assert hooks_of(run, "hook ") == once + once
    assert hooks_of(run, "written hook ") == [(19, 0, 0xB8), (2, 2, 0xB8), (1, 0, 0xC7), (2, 0, 0xC3)]
    assert "redirected: hits 1" in run.lines, run.tail()
    # The last processor to leave takes the hooks with it.
    assert f"gone and come: 0, hits {0 if processors == 1 else 1}" in run.lines, run.tail()
    # Reads in a row exit once; a call and a read in turns exit twice; one hidden page takes a copy and two views of 16 KiB.
    assert "violations: 1 of 1000 reads, 2000 of 1000 calls and reads; hidden pages 1 in 9 pages" in run.lines, run.tail()
    (race,) = matching(run, "race: ")
    assert race.startswith("race: wrong 0, calls equal hits"), race
    assert ("others called too" in race) == (processors > 1), race


def test_refusals_are_explained(tmp_path):
    run = expect_ok(boot(tmp_path / "with", f"test=hooks {PAGES} log=error", processors=1))
    reasons = [re.sub(r"0x\w+", "0x", line) for line in matching(run, "refused, ")]
    hook = "Hook 0 at physical address 0x was refused, and none was set: "
    assert reasons == [
        f"refused, no memory: status 98: {hook}the processor has no memory there.",
        f"refused, a device: status 99: {hook}it is a device's, or other memory that isn't write-back.",
        f"refused, our own: status 100: {hook}it is Nadir's own memory.",
    ]
    run = expect_ok(boot(tmp_path / "without", "test=hooks log=error", processors=2))
    assert matching(run, "refused, ") == [
        "refused, not asked for: status 96: Nadir was turned on without memory for hidden pages. "
        "Turn it off, and on again with hook_pages."]


# A processor whose monitor trap flag doesn't work, as the emulator's, can't step over these (core/views/flag_instructions.h).
UNSTEPPABLE = re.compile(r"pushf|popf|iret|int |int1|into|cli|sti|syscall|sysret|sysenter|sysexit|lss|pop +%ss|mov +.*,%ss|\(bad\)")
HOOKS = 36


def instructions(image: str) -> list[int]:
    """Offsets in the image of what can be hooked."""
    listing = subprocess.run(["objdump", "-d", "--no-show-raw-insn", image], capture_output=True, text=True, check=True).stdout
    found = re.findall(r"^(ffffffff[0-9a-f]{8}):\s+(.+)$", listing, re.MULTILINE)
    return [int(address, 16) & 0x7FFFFFFF for address, text in found if not UNSTEPPABLE.search(text)]


@pytest.mark.parametrize("model, processors, part", [
    ("corei7_skylake_x", 2, 0), ("tigerlake", 1, 1)])
def test_a_hooked_guest_does_not_notice(tmp_path, model, processors, part):
    image = test_conformance.image("trace")
    one = comparison.bare(tmp_path, image, model=model, processors=processors)
    (place,) = matching(one, "image at ")
    code = instructions(str(guest("conformance64.elf")))
    step = len(code) // HOOKS
    hooks = [int(place.split()[-1], 16) + offset for offset in code[part * step // 2::step]][:HOOKS]
    words = " ".join(f"hook={address:#x}" for address in hooks)
    other = comparison.virtualised(tmp_path, image, f"log=error hook_pages=200 {words}", model=model, processors=processors)
    assert any(line.startswith(f"hooks: {HOOKS}, status 0 ") for line in other.lines), other.tail()
    trace = test_conformance.trace
    assert len(trace(one)) > 300 * processors
    assert test_conformance.differences(trace(one), trace(other)) == []
