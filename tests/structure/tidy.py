# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs clang-tidy over many files in the time of a few.

Nearly all of its time goes into the headers of the libraries, which each file includes anew. So files that are compiled alike are
looked at together, one behind the other in one file. (Not included by one: the analyzer looks into the main file only.) Two files
that don't go together (the same name in both unnamed namespaces) come into different batches."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import json
import re
import shlex
import subprocess
from pathlib import Path

from structure import sources

TOOL = "clang-tidy-16"
COMPILER = "clang++-16"
# With the first Clang can't parse libstdc++'s headers (long double); warnings of the compiler are the compiler's to report.
DROP = {"-mgeneral-regs-only", "-Werror"}
# A batch gives compilers no other reason to warn than its files have.
QUIET = ("-Wno-unknown-warning-option", "-Wno-macro-redefined", "-Wno-shadow")
# Of code that includes much; and of other code, where more would win nothing and take the analyzer's attention from each.
MANY, FEW = 64, 24
# For code that is full of libraries: what their templates do inside takes the analyzer most of its time, and isn't ours to mend.
NOT_INTO_TEMPLATES = ("-Xclang", "-analyzer-config", "-Xclang", "c++-template-inlining=false")
INCLUDE = re.compile(r'#include [<"][^>"]*[>"]$')


@dataclasses.dataclass(frozen=True)
class Compiled:
    """A file and how it is compiled: the words of the command without the file and the output."""
    file: Path
    directory: str
    arguments: tuple[str, ...]


def command_of(entry: dict) -> Compiled:
    words = [word for word in shlex.split(entry["command"]) if word not in DROP]
    if "-o" in words:
        del words[words.index("-o"):words.index("-o") + 2]
    return Compiled(Path(entry["file"]), entry["directory"],
                    tuple(word for word in words if word not in ("-c", "--", entry["file"])))


def compiled_in(build: Path, within: tuple[str, ...], extra: tuple[str, ...] = ()) -> list[Compiled]:
    """Our files below these folders; each once, as it was compiled first."""
    found: dict[str, Compiled] = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"])
        if not path.is_relative_to(sources.ROOT) or path.suffix != ".cpp" or not path.is_file():
            continue
        if str(path.relative_to(sources.ROOT)).startswith(within) and entry["file"] not in found:
            one = command_of(entry)
            found[entry["file"]] = dataclasses.replace(one, arguments=one.arguments + extra)
    return sorted(found.values(), key=lambda one: one.file)


@dataclasses.dataclass
class Batch:
    """Files one behind the other in one file: for clang-tidy each line is one of the main file."""
    source: Path
    kind: Compiled
    files: list[Path]
    lines: list[tuple[Path, int]] = dataclasses.field(default_factory=list)

    def write(self) -> None:
        before: set[str] = set()  # what the files before have included: a second time would be reported
        text: list[str] = []
        self.lines = []
        for file in self.files:
            own = set()
            for number, line in enumerate(file.read_text().splitlines(), 1):
                header = INCLUDE.match(line)
                text.append("" if header and line in before - own else line)
                own |= {line} if header else set()
                self.lines.append((file, number))
            before |= own
        self.source.write_text("\n".join(text) + "\n")

    def translated(self, line: str) -> str:
        """A message about the batch is one about a file."""
        message = re.match(rf"{re.escape(str(self.source))}:(\d+):(.*)", line)
        if not message:
            return line
        file, number = self.lines[int(message[1]) - 1]
        return f"{file}:{number}:{message[2]}"

    def strangers(self) -> list[Path]:
        """The files that can't be compiled among the others."""
        done = subprocess.run([COMPILER, *self.kind.arguments[1:], "-w", "-ferror-limit=0", "-fsyntax-only", self.source],
                              cwd=self.kind.directory, capture_output=True, text=True, timeout=600)
        # Also who includes a header that can't be compiled here.
        about = (line.removeprefix("In file included from ") for line in done.stderr.splitlines()
                 if re.search(r"^In file included from |: (fatal )?error: ", line))
        blamed = {self.translated(line).split(":", 1)[0] for line in about}
        found = [file for file in self.files if str(file) in blamed]
        return found if found or done.returncode == 0 else self.files

    def look_at(self, headers: str, without: str) -> list[str]:
        done = subprocess.run([TOOL, "--quiet", f"--config-file={sources.ROOT / '.clang-tidy'}", f"--header-filter={headers}",
                               f"--checks={without}", self.source, "--", *self.kind.arguments[1:], *QUIET],
                              cwd=self.kind.directory, capture_output=True, text=True, timeout=1800)
        found = {self.translated(line) for line in done.stdout.splitlines() if re.search(r": (warning|error): ", line)}
        return sorted(found) if found or done.returncode == 0 else [done.stderr[-2000:]]


def batches(folder: Path, kind: Compiled, files: list[Path], most: int) -> list[Batch]:
    """All of `files`, which are compiled alike, with at most so many in each."""
    made: list[Batch] = []
    while files:
        batch = Batch(folder / f"{len(made)}.cpp", kind, files[:most])
        files = files[most:]
        batch.write()
        while len(batch.files) > 1 and (left_out := batch.strangers()):
            # All are blamed: then the first goes alone.
            left_out = left_out if len(left_out) < len(batch.files) else batch.files[1:]
            files = left_out + files
            batch.files = [file for file in batch.files if file not in left_out]
            batch.write()
        made.append(batch)
    return made


def problems(folder: Path, compiled: list[Compiled], root: Path = sources.ROOT, without: str = "",
             most: int = FEW) -> list[str]:
    """What clang-tidy has to say of these files and of the headers below `root`. `without`: checks to leave out, as -name,-name.
    `most`: MANY or FEW, files of one batch."""
    # From the root on: a folder above it may have the name of one of ours.
    headers = f"^{root}/.*\\.(h|inc)$"
    alike: dict[Compiled, list[Path]] = {}
    for one in compiled:
        alike.setdefault(dataclasses.replace(one, file=Path()), []).append(one.file)
    work: list[Batch] = []
    for number, (kind, files) in enumerate(alike.items()):
        place = folder / str(number)
        place.mkdir(parents=True)
        work += batches(place, kind, files, most)
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        found = list(pool.map(lambda batch: batch.look_at(headers, without), work))
    return sorted({line for some in found for line in some})
