# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""base/ and arch/ compile freestanding with GCC, Clang, and Clang for Windows, and have the same layout with each."""

from __future__ import annotations

import glob
import platform
import shutil
import subprocess

import pytest

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
FREESTANDING = ["-ffreestanding", "-fno-exceptions", "-fno-rtti"]


def gcc() -> list[str] | None:
    compiler = shutil.which("g++")
    return compiler and [compiler, "-std=c++20", "-mgeneral-regs-only"]


def clang() -> list[str] | None:
    """Without -mgeneral-regs-only: libstdc++'s <span> and <string_view> include a function with a long double."""
    compiler = shutil.which("clang++-16") or shutil.which("clang++")
    return compiler and [compiler, "-std=c++20", "-mno-mmx", "-mno-sse"]


def clang_for_windows() -> list[str] | None:
    """There is no Windows C++ library here: libstdc++'s headers, which arch/ needs few of, stand in for it."""
    compiler = shutil.which("clang++-16") or shutil.which("clang++")
    library = sorted(glob.glob("/usr/include/c++/*"))
    if not compiler or not library:
        return None
    own = subprocess.run([compiler, "-print-resource-dir"], capture_output=True, text=True, check=True).stdout.strip()
    here = f"/usr/include/{platform.machine()}-linux-gnu"
    folders = [f"{own}/include", library[-1], library[-1].replace("/usr/include", here), "/usr/include", here]
    return [compiler, "-std=gnu++20", "--target=x86_64-pc-windows-msvc", "-nostdlibinc", "-mno-mmx", "-mno-sse",
            *(option for folder in folders for option in ("-isystem", folder))]


COMPILERS = {"gcc": gcc(), "clang": clang(), "clang for windows": clang_for_windows()}


@pytest.mark.parametrize("name", COMPILERS)
def test_layout(root, name):
    if not COMPILERS[name]:
        pytest.skip(f"{name} is not installed")
    done = subprocess.run([*COMPILERS[name], *FREESTANDING, *WARNINGS, "-fsyntax-only", "-x", "c++", f"-I{root}",
                           root / "tests/unit/arch/layout.cxx"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-4000:]


@pytest.mark.slow
def test_every_header_stands_alone(root):
    if not COMPILERS["gcc"]:
        pytest.skip("g++ is not installed")
    wrong = []
    for header in sorted([*root.glob("base/*.h"), *root.glob("arch/**/*.h")]):
        done = subprocess.run([*COMPILERS["gcc"], *FREESTANDING, *WARNINGS, "-fsyntax-only", "-x", "c++", f"-I{root}",
                               "-include", header, "/dev/null"], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            wrong.append(f"{header.relative_to(root)}: {done.stderr[-800:]}")
    assert not wrong, "\n".join(wrong)
