# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Root mode's stacks are a page each, and what it does fits: core/vcpu.h says how much there is of each."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from structure import sources, stacks

BUILDS = {Path(os.environ.get("NADIR_BUILD", sources.ROOT / "build" / "gcc")), sources.ROOT / "build" / "clang"}

# (what arrives there, what cpu/*.S and the processor have pushed before)
EXITS = ("nadir_handle_exit", "nadir_handle_exit_with_all_registers", "nadir_handle_watched_exit", "nadir_first_exit",
         "nadir_resume_failed", "nadir_leave_from_root")
TRAP_FRAME = 22 * 8 + 8


IMAGES = {f"{build.name}-{Path(image).stem}": build / image
          for build in sorted(BUILDS) for image in ("hosts/bare/nadir64.elf", "tests/extensions/nadir_examples64.elf")}


@pytest.fixture(params=IMAGES)
def functions(request) -> dict[str, stacks.Function]:
    image = IMAGES[request.param]
    if not image.exists():
        pytest.skip(f"not built: {image}")
    return stacks.functions_of(image)


def allowed(sentence: str) -> int:
    """What a static assertion of core/vcpu.h leaves."""
    text = (sources.ROOT / "core/vcpu.h").read_text()
    return int(re.search(r"<= 4096 - (\d+), \"" + re.escape(sentence), text)[1])


def deepest(functions: dict[str, stacks.Function], entry: str) -> tuple[int, str]:
    assert entry in functions, "renamed?"
    depths = stacks.Depths(functions)
    depth, way = depths.of(entry)
    assert not depths.unknown_recursions, f"how deep? {depths.unknown_recursions}"
    return depth + 8, "\n".join(way)


@pytest.mark.parametrize("entry", EXITS)
def test_exits(functions, entry):
    depth, way = deepest(functions, entry)
    assert depth <= allowed("what exits may need of the stack"), f"{depth} bytes:\n{way}"


def test_reports(functions):
    depth, way = deepest(functions, "nadir_handle_trap")
    assert depth + TRAP_FRAME <= allowed("what reports may need of the fault stack"), f"{depth} bytes:\n{way}"


def test_it_counts(functions):
    # A task switch reads the guest's memory: by far the deepest; a CPUID needs next to nothing.
    assert deepest(functions, "nadir_handle_exit_with_all_registers")[0] > 1000
    deeper = {**functions, "nadir_first_exit": stacks.Function(frame=4096)}
    assert deepest(deeper, "nadir_first_exit")[0] > 4096
