# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The demo's course: build, boot, watch, judge."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path

from emulator import bochs, debian, product
from emulator.places import ROOT

from . import debug, guest
from .observations import Observations, claims, counted
from .progress import Progress
from .table import closing_table

STEPS = {
    "workload-before": "the workload runs on the bare machine: processes, files, timers, signals, faults, CPUID",
    "insmod": "insmod nadir.ko",
    "on": "nadir on: each processor becomes a guest",
    "workload-during": "the same workload runs under Nadir",
    "status": "nadir status",
    "stats": "nadir stats",
    "off": "nadir off: the machine is handed back",
    "workload-after": "the same workload runs again",
    "rmmod": "rmmod nadir",
}
SHOWN = ("insmod", "on", "status", "stats", "off", "rmmod")  # commands whose words matter to a person


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./demo", description="A running Debian becomes a guest of Nadir, and back.")
    parser.add_argument("--verbose", action="store_true", help="show the whole console")
    parser.add_argument("--model", default=guest.Options.model, 
                        choices=bochs.MODELS_WITH_EPT + bochs.MODELS_WITHOUT_EPT, help="processor model")
    parser.add_argument("--processors", type=int, default=guest.Options.processors, choices=(1, 2, 4))
    parser.add_argument("--grub", action="store_true",
                        help="boot through GRUB with the kernel's own defaults (KASLR, page-table isolation): slower")
    parser.add_argument("--workload-only", action="store_true", help="leave Nadir out: proves the machine")
    parser.add_argument("--gdb", type=int, nargs="?", const=debug.DEFAULT_PORT, metavar="PORT",
                        help="let the machine stay there, and GDB attach to its kernel from beneath, "
                             f"at this TCP port (default: {debug.DEFAULT_PORT})")
    parser.add_argument("--look", action="store_true",
                        help="show what Nadir shows of the system: rates, events, a hook, a page walk, top, and a page for your browser")
    words = parser.parse_args()
    if words.look and (words.grub or words.workload_only or words.gdb is not None):
        parser.error("--look goes neither with --grub nor with --workload-only nor with --gdb")
    if words.gdb is not None and (words.grub or words.workload_only):
        parser.error("--gdb goes neither with --grub nor with --workload-only")
    if words.gdb is not None and not 0 <= words.gdb <= 65535:
        parser.error(f"--gdb {words.gdb}: a TCP port is a number up to 65535 (0: any that is free)")
    return words


class Watcher:
    """Follows the console while the guest runs."""

    def __init__(self, progress: Progress, verbose: bool) -> None:
        self.seen = Observations()
        self._progress = progress
        self._verbose = verbose

    def line(self, line: str) -> None:
        self.seen.read(line)
        if self._verbose:
            self._progress.line(line)
            return
        if not line.startswith("@@ "):
            if self.seen.current in SHOWN and line.strip():
                self._progress.line(line)
            return
        word, _, rest = line[3:].partition(" ")
        if word == "boot":
            count, release = (rest.split() + ["?", "?"])[:2]
            self._progress.step(f"Debian's kernel {release} is up on {counted(count)}")
        elif word == "begin" and rest in STEPS:
            self._progress.step(STEPS[rest])
            self._progress.waiting("running")
        elif word == "end":
            name, _, status = rest.partition(" ")
            if status != "0":
                self._progress.step(f"{name} FAILED (exit status {status})")
            elif name.startswith("workload"):
                self._progress.line("every result as it should be")
            self.seen.current = ""
        elif word == "check" and "FAILED" in rest:
            self._progress.line(rest)
        elif word == "done":
            self._progress.step("the machine powers off")


def build(progress: Progress, options: guest.Options) -> None:
    if options.workload_only:
        return
    progress.step("building Nadir with g++")
    progress.waiting("building Nadir")
    result = subprocess.run([ROOT / "scripts" / "build.sh", "gcc", "nadir_tool", "nadir_elf"], text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if result.returncode:
        raise product.NotBuilt(result.stderr)
    progress.step("building nadir.ko for Debian's kernel")
    product.module()


def main() -> int:
    words = arguments()
    options = guest.Options(words.model, words.processors, words.grub, words.workload_only)
    progress = Progress()
    directory = ROOT / "build" / "demo"
    try:
        bridge = None if words.gdb is None else debug.Bridge(words.gdb)  # a port that is taken is said before anything is built
        shutil.rmtree(directory, ignore_errors=True)
        build(progress, options)
        progress.waiting("fetching Debian's kernel")
        kernel = debian.kernel()
        if bridge is not None:
            return debug.run(options, directory, kernel, progress, bridge, words.verbose)
        if words.look:
            from . import look  # which needs a package that nothing else here needs
            return look.run(options, directory, kernel, progress)
        machine = guest.machine(options, directory, kernel)
        progress.step(f"Debian's kernel {kernel.release}, unmodified, and an initrd are ready")
    except (product.NotBuilt, debian.DebianError, bochs.EmulatorMissing, debug.PortTaken, ImportError) as error:
        progress.close()
        print(f"The demo can't start: {error}", file=sys.stderr)
        return 2
    progress.step(f"an emulated {options.model} with VT-x and {counted(options.processors)} is switched on")
    progress.waiting("Linux boots")
    watcher = Watcher(progress, words.verbose)
    run = machine.run(timeout=600, directory=directory, on_line=watcher.line)
    progress.close()
    for path in Path(directory).glob("*.img"):
        path.unlink()
    return judge(options, watcher.seen, run)


def judge(options: guest.Options, seen: Observations, run: bochs.Run) -> int:
    found = claims(options, seen, run)
    print("\nObserved:")
    for claim in found:
        print(f"  {'yes' if claim.observed else 'NO '}  {claim.text}"
              + (f" ({claim.detail})" if claim.detail and not claim.observed else ""))
    for line in seen.failed_checks:
        print(f"       {line}")
    if not options.workload_only:
        print()
        print(closing_table(options, seen, run))
    missing = [claim for claim in found if not claim.observed]
    if not missing:
        print(f"\nAll {len(found)} claims were observed. Console and emulator log are in {run.directory}.")
        return 0
    print(f"\n{run.tail()}\n\n{len(missing)} of {len(found)} claims were not observed:")
    for claim in missing:
        print(f"  {claim.text}")
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
