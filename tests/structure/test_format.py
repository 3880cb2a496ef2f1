# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""All C++ looks as .clang-format says. To make it so: clang-format-16 -i FILE..."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from structure import sources

TOOL = "clang-format-16"
# C in the Linux kernel's style: modules, and programs that run in the emulated Linux.
C_FOLDERS = (Path("hosts/linux"), Path("tests/linux"))


def formatted_files() -> list[Path]:
    return [path for path in sources.cxx_files() if not any(path.is_relative_to(folder) for folder in C_FOLDERS)]


def problems(root: Path, files: list[Path], style: Path = sources.ROOT / ".clang-format") -> list[str]:
    """The first place in each file that clang-format would change."""
    if shutil.which(TOOL) is None:
        pytest.fail(f"{TOOL} is not installed")
    done = subprocess.run([TOOL, f"--style=file:{style}", "--dry-run", "-Werror", "--ferror-limit=1", *files], cwd=root,
                          capture_output=True, text=True, timeout=120)
    found = [line for line in done.stderr.splitlines() if "-Wclang-format-violations" in line]
    if done.returncode != 0 and not found:
        found = [done.stderr]
    return found


def test_files_are_formatted():
    found = problems(sources.ROOT, formatted_files())
    assert not found, sources.report(found)


@pytest.mark.parametrize("text, good", [
    ("int f(int* p) { return *p; }\n", True),
    ("int f(int *p) { return *p; }\n", False),
    ("int f()\n{\n    return 1;\n}\n", False),
    ("int f() {\n  return 1;\n}\n", False),
    ("int x; // " + "a" * 120 + "\n", True),
])
def test_the_style(tmp_path, text, good):
    (tmp_path / "a.cpp").write_text(text)
    assert (problems(tmp_path, [Path("a.cpp")]) == []) == good
