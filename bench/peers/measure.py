#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Takes another hypervisor's figures in the emulator, as our own are taken: exact numbers of instructions, one processor.

For example:
  bench/peers/measure.py kvm                                   # of Debian's kernel; also with its mitigations on
  bench/peers/measure.py nadir                                 # ours, by the same guest
  bench/peers/measure.py efi peer.efi --beside peer.elf --name Peer --json peer.json
  bench/peers/measure.py table nadir.json kvm.json peer.json   # side by side

An image is built by whoever wants it measured, outside of this tree. Exit status: 0 with figures, 1 when a run has none
(why goes to standard error), 2 for what can't be run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from bare import by_hand  # noqa: E402
from bench import emulator_version  # noqa: E402
from emulator import debian, product  # noqa: E402
from emulator.bochs import Run  # noqa: E402
from emulator.places import new_run  # noqa: E402
from peers import figures, runs, table  # noqa: E402


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    kvm = commands.add_parser("kvm", help="Debian's kernel, twice: without and with its mitigations")
    nadir = commands.add_parser("nadir", help="nadir.elf, or another Multiboot kernel that boots its first module as guest")
    nadir.add_argument("--image", type=by_hand.file, help="default: nadir.elf as built")
    nadir.add_argument("--words", default="log=error", help="its command line; default: %(default)s")
    efi = commands.add_parser("efi", help="a UEFI application or driver that virtualises what started it")
    efi.add_argument("image", type=by_hand.windows_image)
    efi.add_argument("--beside", type=by_hand.file, action="append", default=[], metavar="FILE",
                     help="to lie beside it on the disk, by its own name; as often as needed")
    efi.add_argument("--timeout", type=by_hand.more_than_0, default=120,
                     help="seconds of processor time, of which firmware takes 20; default: %(default)s")
    for command in (nadir, efi):
        command.add_argument("--name", help="for the table; default: the image's")
    for command in (kvm, nadir, efi):
        command.add_argument("-m", "--model", type=by_hand.model, default=runs.MODEL,
                             help="of the emulator's processor; default: %(default)s")
        command.add_argument("--json", type=Path, metavar="FILE", help="the figures, also for `table`")
        command.add_argument("-d", "--directory", type=Path, help="for the emulator's files; default: a new one")
    shown = commands.add_parser("table", help="figures of earlier runs as one table")
    shown.add_argument("file", type=by_hand.file, nargs="+")
    return parser.parse_args()


def measured(options: argparse.Namespace, directory: Path) -> list[dict]:
    if options.command == "kvm":
        release = ".".join(debian.kernel_release().split(".")[:2])
        return [figures.report(f"KVM {release}{' with mitigations' if mitigations else ''}",
                               runs.kvm(directory / f"mitigations-{int(mitigations)}", mitigations, options.model))
                for mitigations in (False, True)]
    if options.command == "nadir":
        image = options.image or product.bare_kernel()
        run = runs.multiboot(directory, image, options.words, options.model)
        return [figures.report(options.name or ("Nadir" if options.image is None else image.stem), run)]
    return [efi(options, directory)]


def efi(options: argparse.Namespace, directory: Path) -> dict:
    def run(folder: str, wrap_first: bool) -> Run:
        return runs.efi(directory / folder, options.image, options.beside, options.model, options.timeout, wrap_first)

    report = figures.report(options.name or options.image.stem, run("first", wrap_first=False))
    if figures.ENDED in report["checks"].values():
        # The check behind the one that ended the machine has its turn in another run.
        report["checks"] = figures.of(run("again", wrap_first=True)).checks | report["checks"]
    return report


def read(path: Path) -> list[dict]:
    try:
        return json.loads(path.read_text())["reports"]
    except (json.JSONDecodeError, KeyError, TypeError, UnicodeDecodeError):
        raise ValueError(f"{path} isn't a file that --json wrote") from None


def main() -> int:
    options = arguments()
    if options.command == "table":
        print(table.markdown([report for path in options.file for report in read(path)]))
        return 0
    directory = options.directory
    if directory is None:
        directory = new_run("peers")
    try:
        reports = measured(options, directory)
    except figures.Incomplete as error:
        print(f"measure.py: no figures: {error}\n-- files in {directory}", file=sys.stderr)
        return 1
    except (debian.DebianError, subprocess.CalledProcessError, OSError) as error:
        raise ValueError(str(error)) from None
    print(table.markdown(reports))
    if options.json:
        result = {"emulator": emulator_version(), "model": options.model, "unit": "instructions", "reports": reports}
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    by_hand.run("measure.py", main)
