# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The readers of files, of filters and of GDB's packets under libFuzzer, for a bounded and repeatable time.

To fuzz for longer: run build/fuzz/fuzz_dump DIRECTORY tests/fuzz/corpus/dump tests/tool/dumps. What it finds becomes a seed
in corpus/, with the mistake it found corrected.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.xdist_group("fuzz")

COMPILER = "clang++-16"
RUNS = int(os.environ.get("NADIR_FUZZ_RUNS", "20000"))
MOST_SECONDS = int(os.environ.get("NADIR_FUZZ_SECONDS", "15"))


@pytest.fixture(scope="module")
def fuzzers(root: Path) -> Path:
    """The folder with the fuzzers, built."""
    assert shutil.which(COMPILER), f"{COMPILER} is missing: install Debian's package clang-16 (./test does)"
    # The bare name comes back where there is no such file.
    runtime = subprocess.run([COMPILER, "-print-file-name=libclang_rt.fuzzer-x86_64.a"], capture_output=True, text=True)
    assert Path(runtime.stdout.strip()).is_absolute(), (
        "libFuzzer is missing: install Debian's package libclang-rt-16-dev (./test does)")
    build = root / "build" / "fuzz"
    for words in (["cmake", "-S", root / "tests" / "fuzz", "-B", build, "-G", "Ninja", f"-DCMAKE_CXX_COMPILER={COMPILER}"],
                  ["cmake", "--build", build, "-j", "2"]):
        done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=1200)
        assert done.returncode == 0, f"{words}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return build


@pytest.mark.parametrize(("name", "seeds"), [
    ("dump", ["tests/fuzz/corpus/dump", "tests/tool/dumps"]),
    ("capabilities", ["tests/fuzz/corpus/capabilities", "tool/models"]),
    ("where", ["tests/fuzz/corpus/where"]),
    ("gdb", ["tests/fuzz/corpus/gdb"]),
])
def test_nothing_breaks_a_reader(name: str, seeds: list[str], fuzzers: Path, root: Path, tmp_path: Path):
    found = tmp_path / "found"
    found.mkdir()
    done = subprocess.run(
        [fuzzers / f"fuzz_{name}", "-seed=1", f"-runs={RUNS}", f"-max_total_time={MOST_SECONDS}", "-max_len=8192", "-timeout=10",
         "-rss_limit_mb=2048", "-print_final_stats=1", f"-artifact_prefix={tmp_path}/", found, *(root / seed for seed in seeds)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=300)
    saved = [path.name for path in tmp_path.iterdir() if path.is_file()]
    assert done.returncode == 0, f"{saved}\n{done.stderr[-8000:]}"
    executed = int(re.search(r"stat::number_of_executed_units:\s*(\d+)", done.stderr).group(1))
    seed_files = sum(1 for seed in seeds for path in (root / seed).rglob("*") if path.is_file())
    # The seeds at least have all been read, and then some.
    assert executed > seed_files, done.stderr[-2000:]


@pytest.mark.parametrize("name", ["dump", "capabilities", "where", "gdb"])
def test_a_mistake_would_be_found(name: str, fuzzers: Path, tmp_path: Path):
    """The sanitizers are in: the fuzzers say so when they end."""
    done = subprocess.run([fuzzers / f"fuzz_{name}", "-help=1"], capture_output=True, text=True, timeout=60)
    assert "libFuzzer" in done.stderr + done.stdout
    symbols = subprocess.run(["nm", "-C", fuzzers / f"fuzz_{name}"], capture_output=True, text=True, timeout=60).stdout
    assert "__asan_init" in symbols and "__ubsan_handle_shift_out_of_bounds_abort" in symbols
