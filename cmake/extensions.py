# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the builds (CMake, hosts/linux/Kbuild) ask about extensions, and say in words.

    extensions.py files FILE...      can these be compiled in together?
    extensions.py objects FILE...    do these, compiled, keep the rules of core/extensions/extension.h?
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path

MOST = 8  # core/extensions/roll.h: most_extensions
NAME = re.compile(r"[a-z][a-z0-9_]{0,15}$")
REGISTERED = re.compile(r"^NADIR_EXTENSION\(", re.MULTILINE)

# What the header declares, as GCC and Clang name it and as Microsoft's ABI does, and what compilers put in for copies.
MAY_CALL = re.compile(r"_ZNK?5nadir9extension9Processor\w+$|\?\w+@Processor@extension@nadir@@.*|mem(cpy|set|move|cmp)$|_fltused$")
VECTOR = re.compile(r"%[xyz]?mm\d+|%k[0-7]\b|%st\b|\t(fxsave|fxrstor|xsave|xrstor|ldmxcsr|stmxcsr|emms|fninit)")
INDIRECT = re.compile(r"\t(?:notrack |bnd )?(jmp|call)\w?\s+\*")


def problems_of_files(files: list[Path]) -> list[str]:
    found = []
    if len(files) > MOST:
        found.append(f"{len(files)} extensions are too many: at most {MOST} can be compiled in")
    seen: dict[str, Path] = {}
    for file in files:
        if not file.is_file():
            found.append(f"the extension {file} doesn't exist")
            continue
        if file.suffix != ".cpp":
            found.append(f"the extension {file} is no C++ file: its name ends in .cpp")
        if not NAME.match(file.stem):
            found.append(f"{file}: an extension is called as its file, and its name has up to 16 small letters, digits and underscores")
        if file.stem in seen:
            found.append(f"two extensions are called {file.stem}: {seen[file.stem]} and {file}. Rename one of the files")
        seen[file.stem] = file
        text = file.read_text(errors="replace")
        if not REGISTERED.search(text):
            found.append(f"{file} registers no extension: a line NADIR_EXTENSION(Type) is missing")
        if len(REGISTERED.findall(text)) > 1:
            found.append(f"{file} registers more than one extension: give each a file")
    return found


def problems_of_object(path: Path, tools: str) -> list[str]:
    def run(*command: str) -> list[str]:
        return subprocess.run([tools + command[0], *command[1:], path], capture_output=True, text=True, check=True).stdout.splitlines()

    name = path.name.split(".")[0]
    found = []
    for line in run("nm", "-P"):
        symbol, kind = line.rsplit(maxsplit=3)[0] if len(line.split()) > 2 else line.split()[0], line.split()[1]
        if kind in "Uvw" and not MAY_CALL.match(symbol):
            found.append(f"extension {name}: it calls {symbol}, which core/extensions/extension.h doesn't declare and root mode doesn't have")
        if kind in "bBdDsSC" and not symbol.startswith((".", "$", "@")):
            found.append(f"extension {name}: {symbol} is writable data, of which root mode has none: use Processor::word, or make it constexpr")
    # What inline variables are in, their symbols don't tell.
    for section, flags in re.findall(r"^ *\d+ (\S+) +(?!0{8} )[0-9a-f]{8} .*\n +(.*ALLOC.*)$", "\n".join(run("objdump", "-h")), re.MULTILINE):
        if "READONLY" not in flags and not any("writable" in problem for problem in found):
            found.append(f"extension {name}: section {section} is writable data, of which root mode has none: use Processor::word, or make it constexpr")
    for line in run("objdump", "-d", "--no-show-raw-insn"):
        text = "\t" + line.split("\t", 1)[-1]
        if VECTOR.search(text):
            found.append(f"extension {name}: it uses vector or floating-point registers, which are the guest's:{text}")
        elif INDIRECT.search(text):
            found.append(f"extension {name}: it calls through a pointer, which root mode doesn't allow:{text}")
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description="Judges extensions for the builds.")
    parser.add_argument("what", choices=["files", "objects"])
    parser.add_argument("--tools", default="", help="before the names of nm and objdump")
    parser.add_argument("paths", nargs="*", type=Path)
    arguments = parser.parse_args()
    if arguments.what == "files":
        found = problems_of_files(arguments.paths)
    else:
        found = [problem for path in arguments.paths for problem in problems_of_object(path, arguments.tools)]
    for problem in found:
        print(f"{problem}.", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
