# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs nadir.elf for tests: boots it the quick way and judges how the run ended."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable, Sequence

from emulator import fastboot, product
from emulator.bochs import Machine, Run
from emulator.places import BUILD

MODELS = ("corei7_sandy_bridge_2600k", "corei7_haswell_4770", "corei7_skylake_x", "corei7_icelake_u", "tigerlake")
# All that Nadir can run on: they have EPT, VPID and unrestricted guests.
ALL_MODELS = (*MODELS, "corei7_ivy_bridge_3770k", "broadwell_ult", "corei3_cnl")


def guest(name: str) -> Path:
    """A kernel of tests/guest."""
    return BUILD / "tests" / "guest" / name


def boot(directory: Path, line: str, modules: Sequence[fastboot.Module] = (), timeout: float = 60, **settings) -> Run:
    """Runs nadir.elf with this command line. Unknown MSRs fault, as on hardware, unless the settings say otherwise."""
    return boot_kernel(directory, product.bare_kernel(), line, modules, timeout, **settings)


def boot_kernel(directory: Path, kernel: Path, line: str, modules: Sequence[fastboot.Module] = (), timeout: float = 60,
                stop_when: Callable[[str], bool] | None = None, on_line: Callable[[str], None] | None = None,
                **settings) -> Run:
    """The same for another Multiboot kernel: on the bare emulator."""
    machine = Machine(**{"memory_mib": 128, "ignore_bad_msrs": False, **settings})
    machine = fastboot.multiboot(machine, directory, kernel, line, modules)
    return machine.run(timeout=timeout, directory=directory, stop_when=stop_when, on_line=on_line)


def expect_ok(run: Run, vmx_failures: bool = False) -> Run:
    """The program said so itself, the emulator has nothing to complain about, and nothing faulted.

    vmx_failures: VMX instructions and VM entries failed on purpose.
    """
    assert "@@ result ok" in run.lines, run.tail()
    assert run.reason in ("shutdown", "poweroff") and not run.panics, run.tail()
    assert bool(run.vmx_failures) == vmx_failures, run.vmx_failures
    assert not any(line.startswith("@@ exception") for line in run.lines), run.tail()
    return run


def expect_fail(run: Run) -> Run:
    """The program ended by its own word, with a failure that it expected; nothing else went wrong."""
    assert any(line.startswith("@@ result fail") for line in run.lines), run.tail()
    assert run.reason in ("shutdown", "poweroff") and not run.panics, run.tail()
    return run


def processors_in_guest(run: Run) -> list[int]:
    """The processors that were in VMX non-root operation when the machine ended: the emulator then shows all of them."""
    states = re.findall(r"\[CPU(\d+) *\] CPU is in \w+ mode \(([^)]*)\)", run.log)
    return [int(number) for number, state in states if "vmx guest" in state]


def matching(run: Run, start: str) -> list[str]:
    return [line for line in run.lines if line.startswith(start)]
