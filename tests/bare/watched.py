# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A guest with events asked for prints what it prints on the bare processor."""

from __future__ import annotations

from emulator import fastboot

from . import comparison, test_conformance, test_modes
from .host import boot, boot_kernel, guest


def expect_watched(run) -> None:
    assert any(line.startswith("events: status 0 ") for line in run.lines), run.tail()


def expect_nothing_noticed(tmp_path, kinds: int, model: str, processors: int) -> None:
    image = test_conformance.image("trace")
    one = comparison.bare(tmp_path, image, model=model, processors=processors)
    other = comparison.virtualised(tmp_path, image, f"log=error events={kinds}", model=model, processors=processors)
    expect_watched(other)
    trace = test_conformance.trace
    assert len(trace(one)) > 300 * processors
    assert test_conformance.differences(trace(one), trace(other)) == []


def expect_nothing_noticed_outside_of_long_mode(tmp_path, kinds: int) -> None:
    one = boot_kernel(tmp_path / "bare", guest("modes.elf"), "", timeout=300)
    other = boot(tmp_path / "virtualised", f"log=error events={kinds}", [fastboot.Module(guest("modes.elf"))], timeout=300)
    expect_watched(other)
    trace = test_modes.trace
    assert len(trace(one)) > 1000
    assert test_conformance.differences(trace(one), trace(other)) == []
