#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs nadir.elf in the emulator by hand: tests/bare/run.py [options] WORDS OF THE COMMAND LINE...

For example: tests/bare/run.py -n 2 test=onoff log=debug
"""

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from emulator import fastboot  # noqa: E402
from emulator.bochs import ROOT, RUNS, Machine  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--processors", type=int, default=1)
    parser.add_argument("-m", "--model", default="corei7_skylake_x", help="of the emulator: `bochs --help cpu` lists them")
    parser.add_argument("-t", "--timeout", type=float, default=30)
    parser.add_argument("-e", "--elf", type=Path, default=ROOT / "build/gcc/hosts/bare/nadir.elf")
    parser.add_argument("--memory", type=int, default=128, help="MiB")
    parser.add_argument("--bad-msrs-fault", action="store_true", help="unknown MSRs fault, as on hardware")
    parser.add_argument("--debug", action="store_true", help="the processors' debug messages in the emulator's log")
    parser.add_argument("--errors-only", action="store_true", help="in the emulator's log, which a long run would fill")
    parser.add_argument("--command", action="append", help="for the emulator's debugger; default: c")
    parser.add_argument("--module", action="append", default=[], metavar="FILE[:COMMAND LINE]")
    parser.add_argument("-d", "--directory", type=Path, help="for the emulator's files; default: a new one")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()

    directory = options.directory
    if directory is None:
        RUNS.mkdir(parents=True, exist_ok=True)
        directory = Path(tempfile.mkdtemp(prefix="bare-", dir=RUNS))
    modules = []
    for text in options.module:
        file, _, line = text.partition(":")
        modules.append(fastboot.Module(Path(file), line))
    machine = Machine(model=options.model, processors=options.processors, memory_mib=options.memory,
                      ignore_bad_msrs=not options.bad_msrs_fault, cpu_debug=options.debug,
                      commands=options.command or ("c",),
                      extra=["info: action=ignore"] if options.errors_only else [])
    machine = fastboot.multiboot(machine, directory, options.elf, " ".join(options.words), modules)
    run = machine.run(timeout=options.timeout, directory=directory, on_line=lambda line: print(line, flush=True))
    print(f"-- {run.reason} after {run.seconds:.1f} s; files in {run.directory}")
    for line in run.vmx_failures + run.panics:
        print(line)
    if not run.ok:
        print(run.tail(15))
    return 0 if run.ok and "@@ result fail" not in run.serial else 1


if __name__ == "__main__":
    sys.exit(main())
