#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs a Windows driver in the NT test kernel by hand: tests/nt/run.py [options] FILE.sys WORDS OF THE COMMAND LINE...

For example: tests/nt/run.py -n 4 build/windows/nadir.sys test=onoff group=2
Without words it lists the scenarios. tests/nt/README.md explains what a violation means.
"""

import argparse
import re
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bare import by_hand  # noqa: E402
from emulator import fastboot  # noqa: E402
from emulator.places import new_run  # noqa: E402
from nt import machine  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--processors", type=by_hand.processors, default=1, help="default: %(default)s")
    parser.add_argument("-m", "--model", type=by_hand.model, default="corei7_skylake_x", help="default: %(default)s")
    parser.add_argument("-t", "--timeout", type=by_hand.more_than_0, default=60,
                        help="seconds of processor time; default: %(default)s")
    parser.add_argument("driver", type=by_hand.windows_image, help="FILE.sys, such as build/windows/nadir.sys")
    parser.add_argument("words", nargs="*",
                        help="test=NAME and what else the kernel's command line has (tests/nt/README.md); none: list the scenarios")
    return parser.parse_args()


def explain(line: str, driver: Path) -> None:
    """Says which function and line an address in the driver is, where the symbols lie beside it."""
    symbolizer = shutil.which("llvm-symbolizer-16") or shutil.which("llvm-symbolizer")
    if symbolizer is None or not driver.with_suffix(".pdb").exists():
        return
    for offset in re.findall(r"driver\+([0-9a-f]+)", line):
        # A return address: the call is what lies in front of it.
        done = subprocess.run([symbolizer, "--relative-address", f"--obj={driver}", f"{int(offset, 16) - 1:#x}"],
                              capture_output=True, text=True)
        print("   driver+" + offset + ": " + " in ".join(reversed(done.stdout.split("\n")[:2])), flush=True)


def main() -> int:
    options = arguments()
    directory = new_run("nt")

    def show(line: str) -> None:
        print(line, flush=True)
        if line.startswith(("@@ violation", "stack+")):
            explain(line, options.driver)

    words = " ".join(options.words or ["list"])
    run = machine.boot(directory, options.driver, words, processors=options.processors,
                       model=options.model, timeout=options.timeout, on_line=show)
    print(f"-- {run.reason} after {run.seconds:.1f} s; files in {run.directory}")
    for line in run.vmx_failures + run.panics:
        print(line)
    if not run.ok:
        print(run.tail(15))
    if run.reason == "timeout":
        print(f"-- timeout: it had not ended after {options.timeout:g} seconds of processor time; -t allows more")
    return 0 if run.ok and "@@ result ok" in run.lines else 1


if __name__ == "__main__":
    by_hand.run("run.py", main)
