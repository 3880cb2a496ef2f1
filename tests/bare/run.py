#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs nadir.elf in the emulator by hand: tests/bare/run.py [options] WORDS OF THE COMMAND LINE...

For example: tests/bare/run.py -n 2 test=onoff log=debug
             tests/bare/run.py -n 2 --bad-msrs-fault --image memory.img test=recorder
"""

import argparse
import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bare import by_hand  # noqa: E402
from emulator import fastboot, product  # noqa: E402
from emulator.bochs import Machine, Run  # noqa: E402
from emulator.debugger import write_memory  # noqa: E402
from emulator.places import new_run  # noqa: E402


def image(text: str) -> Path:
    path = Path(text)
    if path.is_dir() or not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{text} can't be written: it is a folder, or its folder isn't there")
    return path


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--processors", type=by_hand.processors, default=1, help="default: %(default)s")
    parser.add_argument("-m", "--model", type=by_hand.model, default="corei7_skylake_x",
                        help="of the emulator: `bochs --help cpu` lists them; default: %(default)s")
    parser.add_argument("-t", "--timeout", type=by_hand.more_than_0, default=30,
                        help="seconds of processor time; default: %(default)s")
    parser.add_argument("-e", "--elf", type=by_hand.file, help="another Multiboot kernel; default: nadir.elf as built")
    parser.add_argument("--memory", type=by_hand.memory, default=128, help="MiB; default: %(default)s")
    parser.add_argument("--bad-msrs-fault", action="store_true", help="unknown MSRs fault, as on hardware")
    parser.add_argument("--debug", action="store_true", help="the processors' debug messages in the emulator's log")
    parser.add_argument("--errors-only", action="store_true", help="in the emulator's log, which a long run would fill")
    debugger = parser.add_mutually_exclusive_group()
    debugger.add_argument("--command", action="append", help="for the emulator's debugger; default: c")
    debugger.add_argument("--image", type=image, metavar="FILE", help="at the first `xchg bx, bx` all of the machine's memory is "
                          "written into this file, and the run ends: for test=recorder, and `nadir recorder --image`")
    parser.add_argument("--module", type=by_hand.module, action="append", default=[], metavar="FILE[:COMMAND LINE]")
    parser.add_argument("-d", "--directory", type=Path, help="for the emulator's files; default: a new one")
    parser.add_argument("words", nargs="*")
    return parser.parse_args()


def keep_image(options: argparse.Namespace, run: Run, written: Path) -> bool:
    """Says what became of it. The run needn't have ended well: a machine that failed is what an image is of interest for."""
    if not run.stops:
        print("-- no image: the run never came to `xchg bx, bx` (test=recorder does)")
        return False
    if not written.is_file() or written.stat().st_size != options.memory << 20:
        print("-- no image: the emulator couldn't write it (debugger.txt has its words)")
        return False
    shutil.move(written, options.image)
    print(f"-- {options.image} has the machine's {options.memory} MiB")
    return True


def main() -> int:
    options = arguments()
    kernel = options.elf or product.bare_kernel()
    directory = options.directory
    if directory is None:
        directory = new_run("bare")
    written = directory / "image"  # of the run's own, so that what FILE was before isn't taken for it
    written.unlink(missing_ok=True)
    commands = ["c", write_memory(written, options.memory)] if options.image else options.command or ["c"]
    machine = Machine(model=options.model, processors=options.processors, memory_mib=options.memory,
                      ignore_bad_msrs=not options.bad_msrs_fault, cpu_debug=options.debug, commands=commands,
                      magic_break=options.image is not None,
                      extra=["info: action=ignore"] if options.errors_only else [])
    try:
        machine = fastboot.multiboot(machine, directory, kernel, " ".join(options.words), options.module)
    except ValueError as error:
        raise ValueError(f"{kernel}: {error}") from None
    run = machine.run(timeout=options.timeout, directory=directory, on_line=lambda line: print(line, flush=True))
    print(f"-- {run.reason} after {run.seconds:.1f} s; files in {run.directory}")
    for line in run.vmx_failures + run.panics:
        print(line)
    if options.image and keep_image(options, run, written):
        return 0
    if not run.ok:
        print(run.tail(15))
    return 0 if run.ok and not options.image and "@@ result fail" not in run.serial else 1


if __name__ == "__main__":
    by_hand.run("run.py", main)
