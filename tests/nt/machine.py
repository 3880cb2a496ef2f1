# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Boots the NT test kernel with a driver, in the emulator or, without VMX, in QEMU; and judges how the run ended."""

from __future__ import annotations

import re
import selectors
import subprocess
import time
from pathlib import Path
from typing import Callable

from emulator import fastboot, product
from emulator.bochs import Machine, Run

MEMORY = "reserve=32"  # MiB for this kernel and what the driver allocates


def command_line(words: str) -> str:
    """With the default of what isn't given: the kernel takes each word once."""
    return words if any(word.startswith("reserve=") for word in words.split()) else f"{MEMORY} {words}"


def boot(directory: Path, driver: Path, words: str, timeout: float = 60, on_line: Callable[[str], None] | None = None,
         **settings) -> Run:
    """Runs the kernel with this driver. Unknown MSRs fault, as on hardware."""
    machine = Machine(**{"memory_mib": 128, "ignore_bad_msrs": False, **settings})
    machine = fastboot.multiboot(machine, directory, product.nt_kernel(), command_line(words),
                                 [fastboot.Module(Path(driver))])
    return machine.run(timeout=timeout, directory=directory, on_line=on_line)


def violations(run: Run) -> list[str]:
    """The rules that were broken, each with what and where."""
    return [line.removeprefix("@@ violation ") for line in run.lines if line.startswith("@@ violation ")]


def expect_ok(run: Run, vmx_failures: bool = False) -> Run:
    """No rule was broken, and the emulator has nothing to complain about.

    vmx_failures: VMX instructions and VM entries failed on purpose.
    """
    assert violations(run) == [] and "@@ result ok" in run.lines, run.tail()
    assert run.reason in ("shutdown", "poweroff") and not run.panics, run.tail()
    assert bool(run.vmx_failures) == vmx_failures, run.vmx_failures
    return run


def expect_violation(run: Run, pattern: str) -> Run:
    """A rule was broken, and the first line about it begins with the pattern: "RULE: what"."""
    assert run.reason in ("shutdown", "poweroff") and not run.panics, run.tail()
    found = violations(run)
    assert found and re.match(pattern, found[0]), f"{found}\n{run.tail()}"
    return run


def qemu(driver: Path, words: str, processors: int = 1, model: str = "qemu64", timeout: float = 30) -> list[str]:
    """The console of a run in QEMU, which interprets, too (TCG): its processors have no VMX. It is ended by its last line."""
    command = ["qemu-system-x86_64", "-accel", "tcg", "-cpu", model, "-smp", str(processors), "-m", "128", "-display", "none",
               "-no-reboot", "-monitor", "none", "-serial", "stdio", "-kernel", str(product.nt_kernel()),
               "-initrd", str(driver), "-append", command_line(words)]
    text = b""
    end = time.monotonic() + timeout
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            while not re.search(rb"^@@ result .*\n", text, re.MULTILINE):
                if not selector.select(max(0, end - time.monotonic())):
                    text += b"-- timeout\n"
                    break
                more = process.stdout.read1()
                if not more:
                    break
                text += more
        process.kill()
    return text.decode(errors="replace").replace("\r\n", "\n").splitlines()
