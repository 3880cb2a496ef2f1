# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Which files are ours, and what kind they are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# What the compilers see, and what else has a comment syntax.
CODE = {".h", ".hpp", ".cpp", ".c", ".S", ".inc"}
CXX = {".h", ".hpp", ".cpp"}
TEXT = CODE | {".py", ".sh", ".cmake", ".s", ".ld", ".mk", ".md", ".toml", ".yml", ".yaml", ".ini"}
TEXT_NAMES = {"CMakeLists.txt", "Kbuild", "Makefile", "test", "demo", "run", "check-driver", "sign-driver", ".gitignore", ".clang-format", ".clang-tidy"}


def _walk(root: Path) -> list[str]:
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = [f for f in folders if f not in {"build", ".git", "__pycache__"}]
        found += [str((Path(folder) / name).relative_to(root)) for name in files]
    return found


def all_files(root: Path = ROOT) -> list[Path]:
    """Every file that git tracks or would track, as paths relative to `root`."""
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             capture_output=True, text=True)
    names = listing.stdout.split("\0") if listing.returncode == 0 else _walk(root)
    return sorted(Path(name) for name in set(names) if name and (root / name).is_file())


def code_files(root: Path = ROOT) -> list[Path]:
    return [path for path in all_files(root) if path.suffix in CODE]


def cxx_files(root: Path = ROOT) -> list[Path]:
    return [path for path in all_files(root) if path.suffix in CXX]


def is_source(path: Path) -> bool:
    return path.suffix in TEXT or path.name in TEXT_NAMES


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def report(problems: list[str]) -> str:
    return "\n" + "\n".join(problems)
