# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Boots the NT test kernel with a driver, in the emulator or, without VMX, in QEMU."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from emulator import fastboot, product
from emulator.bochs import Machine, Run

MEMORY = "reserve=32"  # MiB for this kernel and what the driver allocates


def boot(directory: Path, driver: Path, words: str, timeout: float = 60, on_line: Callable[[str], None] | None = None,
         **settings) -> Run:
    """Runs the kernel with this driver. Unknown MSRs fault, as on hardware."""
    machine = Machine(**{"memory_mib": 128, "ignore_bad_msrs": False, **settings})
    machine = fastboot.multiboot(machine, directory, product.nt_kernel(), f"{MEMORY} {words}",
                                 [fastboot.Module(Path(driver))])
    return machine.run(timeout=timeout, directory=directory, on_line=on_line)
