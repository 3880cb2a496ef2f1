# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""bench/hardware is ready to run: its script works in an emulated Linux (its figures mean nothing there), its statistics
are right, and what it can't use is refused in words."""

import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HARDWARE = ROOT / "bench" / "hardware"
sys.path.insert(0, str(HARDWARE))

import hardware  # noqa: E402
import plan  # noqa: E402
import results  # noqa: E402
from costs import floor  # noqa: E402
from emulator import debian, fastboot, product  # noqa: E402
from emulator.bochs import Machine  # noqa: E402
from emulator.initrd import Initrd  # noqa: E402
from emulator.kernel_command_line import QUICK  # noqa: E402

pytestmark = pytest.mark.xdist_group("bench")

TINY = replace(plan.Settings(), pairs=1, processor=0, cpuid_rounds=100, programs="/bin", nadir="/bin/nadir")


def test_the_script_runs_in_an_emulated_linux(tmp_path):
    hardware.build_programs(tmp_path / "programs")
    initrd = Initrd()
    initrd.program("bin/cpuid", tmp_path / "programs" / "cpuid")
    initrd.program("bin/nadir", product.tool())
    initrd.module(product.module())
    initrd.link("bin/mktemp", "busybox")
    initrd.script("measure", plan.script(TINY, ["cpuid"]))
    initrd.script("init", "#!/bin/sh\nmount -t proc proc /proc\nmount -t devtmpfs devtmpfs /dev\nmount -t sysfs sysfs /sys\n"
                          "insmod /lib/modules/nadir.ko\n/measure\npoweroff -f\n")
    machine = fastboot.linux(Machine(), tmp_path, debian.kernel(), initrd.archive(), QUICK)
    run = machine.run(timeout=120, directory=tmp_path)
    assert run.reason == "poweroff" and not run.vmx_failures, run.tail()
    summary = results.summarize(results.parse(run.serial))
    assert summary["machine"]["processors"] == "1" and summary["machine"]["kernel"] == debian.kernel_release()
    figures = summary["figures"]
    assert set(figures) == {f"{what}_{which}" for what in ("cpuid", "nothing") for which in ("min", "p50", "p99")}
    assert all(figure["pairs"] == TINY.pairs for figure in figures.values())
    # One emulated processor counts instructions: what Nadir adds to a CPUID is there, and to nothing nothing.
    assert figures["nothing_p50"]["ratio"] == 1
    assert 10 < figures["cpuid_p50"]["nadir"] - figures["cpuid_p50"]["bare"] < 100, figures
    assert "fewer than 10 pairs: says nothing" in results.text(summary)


def test_the_floors_kernel_runs_in_the_emulator(tmp_path):
    done = command("--floor-kernel", tmp_path / "floor.elf")
    assert done.returncode == 0 and (tmp_path / "floor.elf").exists(), done.stderr
    figures = floor.measure(tmp_path, "corei7_haswell_4770")
    # Its handler has ten instructions, and each sample is the same.
    assert figures["exit_min"] == figures["exit_p99"] == figures["bare_p50"] + 10
    assert figures["bare_p50"] > figures["nothing_p50"] > 0


def test_pairs_are_interleaved_and_turn_round():
    assert plan.order(2) == [(0, "bare"), (0, "nadir"), (1, "nadir"), (1, "bare"), (2, "bare"), (2, "nadir")]
    for side in plan.SIDES:
        firsts = [order for number, order in enumerate(plan.order(20)) if number % 2 == 0 and order[1] == side and order[0] > 0]
        assert len(firsts) == 10


def lines(pairs: dict[int, tuple[float, float]], figure: str = "x_ns") -> str:
    samples = [f"@@ sample {pair} {side} {figure} {value}" for pair, values in pairs.items()
               for side, value in zip(plan.SIDES, values)]
    return "\n".join(["noise", "@@ machine processor: Some: CPU", *samples, "@@ complete", ""])


def test_the_median_of_ratios():
    # A machine that gets slower all the time: the ratios are the same, the medians of the sides say little.
    summary = results.summarize(results.parse(lines({0: (1, 100), **{n: (100 * n, 102 * n) for n in range(1, 12)}})))
    figure = summary["figures"]["x_ns"]
    assert figure["pairs"] == 11, "the warm-up isn't counted"
    assert figure["ratio"] == pytest.approx(1.02) and figure["interval"] == pytest.approx([1.02, 1.02])
    assert summary["machine"] == {"processor": "Some: CPU"}
    # One half of one pair that something else disturbed.
    disturbed = results.summarize(results.parse(lines({**{n: (100, 102) for n in range(1, 12)}, 5: (100, 900)})))
    assert disturbed["figures"]["x_ns"]["ratio"] == pytest.approx(1.02)
    assert "no difference seen" not in results.text(summary)


def test_the_interval_covers_the_median_as_often_as_it_says():
    noise = random.Random(7)
    covered = 0
    for _ in range(200):
        low, high = results.interval([noise.gauss(1.05, 0.02) for _ in range(12)], resamples=400)
        covered += low <= 1.05 <= high
    assert 175 <= covered <= 200
    assert results.interval([1.0, 1.1, 1.2]) == results.interval([1.0, 1.1, 1.2]), "the same samples, the same interval"


def test_an_interval_that_includes_1_shows_no_difference():
    summary = results.summarize(results.parse(lines({n: (100, 100 + (-1) ** n) for n in range(1, 13)})))
    low, high = summary["figures"]["x_ns"]["interval"]
    assert low <= 1 <= high and "no difference seen" in results.text(summary)


WHOLE = lines({0: (1, 2), 1: (1, 2)})


@pytest.mark.parametrize("text, words", [
    (WHOLE.replace("@@ complete", ""), "no end"),
    ("@@ complete\n", "no samples"),
    (WHOLE.replace("@@ sample 1 nadir x_ns 2\n", ""), "pair 1 has only one side"),
    (WHOLE.replace("1 nadir x_ns 2", "1 other x_ns 2"), "no such side"),
    (WHOLE.replace("1 nadir x_ns 2", "1 nadir x_ns -"), "not a sample"),
    (WHOLE.replace("1 nadir x_ns 2", "1 bare x_ns 2"), "twice"),
    (WHOLE + "@@ failed nadir on: locked by firmware\n", "ended early: nadir on: locked"),
    (lines({0: (1, 2), 1: (0, 2)}), "divided"),
    (lines({0: (1, 2)}), "no pair"),
])
def test_what_is_no_whole_run_is_refused(text, words):
    with pytest.raises(results.Incomplete, match=words):
        results.summarize(results.parse(text))


def command(*words):
    return subprocess.run([HARDWARE / "hardware.py", *words], capture_output=True, text=True)


def test_a_dry_run_prints_a_script_and_runs_nothing(tmp_path):
    done = command("--dry-run", "--pairs", "10", "--output", tmp_path / "none")
    assert done.returncode == 0 and not (tmp_path / "none").exists()
    assert subprocess.run(["sh", "-n"], input=done.stdout, text=True).returncode == 0
    assert re.findall(r"^side (\w+)$", done.stdout, re.MULTILINE)[:5] == ["bare", "nadir", "nadir", "bare", "bare"]
    assert done.stdout.count("/chase ") == 2 * 11 and done.stdout.count(" kernel_ns ") == 2 * 11


@pytest.mark.parametrize("words, explanation", [
    (["--pairs", "9"], "9 pairs say nothing"), (["--pairs", "x"], "no whole number"), (["--parts", "cpu"], "no such part: cpu"),
    (["--parts", "kernel"], "needs --kernel-source"),
    (["--parts", "cpuid", "--nadir", "/none", "--processor", "8191"], "/none isn't there"),
    (["--dry-run", "--processor", "-3"], "'-3' is no whole number of 0 or more"),
    (["--dry-run", "--processor", "x"], "'x' is no whole number of 0 or more"),
    (["--dry-run", "--processor", "8192"], "from 0 to 8191"),
    (["--summarize", "/none"], "No such file"),
])
def test_wrong_arguments_are_explained(words, explanation):
    done = command(*words)
    assert done.returncode != 0 and explanation in done.stderr, done.stderr
