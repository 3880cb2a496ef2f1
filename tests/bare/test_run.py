# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""run.py says in a sentence what is wrong with its arguments, and takes an image of the machine's memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from emulator import product
from emulator.bochs import MODELS_WITH_EPT, MODELS_WITHOUT_VMX, models

pytestmark = pytest.mark.quick

TOOL = Path(__file__).with_name("run.py")


def run(directory, *words):
    return subprocess.run([sys.executable, TOOL, "-d", directory / "run", *map(str, words)], cwd=directory, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)


@pytest.mark.parametrize("words, said_why", [
    (["-m", "bogus"], "no model 'bogus'; Nadir runs on corei7_sandy_bridge_2600k, "), (["-n", "0"], "from 1 to 15"),
    (["-n", "99"], "from 1 to 15"), (["-n", "two"], "'two' is no whole number"), (["-e", "nothing"], "nothing isn't a file"),
    (["--module", "nothing:line"], "nothing isn't a file"), (["-t", "nan"], "'nan' is no number above 0"),
    (["--memory", "15"], "of 16 or more"), (["--image", "no/where"], "no/where can't be written"),
    (["--image", "x", "--command", "c"], "not allowed with"), (["-e", TOOL], f"{TOOL}: not a little-endian ELF file")], ids=str)
def test_wrong_words(tmp_path, words, said_why):
    done = run(tmp_path, *words, "test=caps")
    assert done.returncode == 2 and said_why in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert done.stdout == ""


def test_the_emulators_models():
    assert {*MODELS_WITH_EPT, *MODELS_WITHOUT_VMX} < set(models())


def test_an_image_of_memory(tmp_path):
    image = tmp_path / "memory.img"
    image.write_text("from before")
    done = run(tmp_path, "--memory", 64, "--image", "memory.img", "test=caps")
    assert done.returncode == 1 and "-- no image: the run never came to" in done.stdout
    assert image.read_text() == "from before"
    done = run(tmp_path, "-n", 2, "--memory", 64, "--bad-msrs-fault", "--image", "memory.img", "test=recorder")
    assert done.returncode == 0 and "-- memory.img has the machine's 64 MiB" in done.stdout, done.stdout
    shown = subprocess.run([product.tool(), "recorder", "--image", image], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert "RDMSR: MSR 0x12345678 [#GP]" in shown.stdout, shown.stderr
