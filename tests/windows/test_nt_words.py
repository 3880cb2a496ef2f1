# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The NT test kernel's command line, and tests/nt/run.py: a run that tests nothing doesn't end well, and says why."""

import subprocess

import pytest

from emulator.places import ROOT
from nt.machine import qemu

from .products import driver

RUN = ROOT / "tests" / "nt" / "run.py"


@pytest.mark.parametrize("words, said", [
    ("test=load rounds=0", "rounds= is from 1 to 1000"),
    ("test=steps step=999", "step= is from 1 to 14"),
    ("test=steps step=0", "step= is from 1 to 14"),
    ("test=load group=0", "group= is from 1 to 16"),
    ("test=load group=99", "group= is from 1 to 16"),
    ("test=load held=0", "held= is from 1 to 15"),
    ("test=hotadd", "without held=N there is no processor to add"),
    ("test=load test=load", "a word may be given once"),
    ("test=load reserve=32 reserve=16", "a word may be given once"),
    ("test=load rounds=x", "wrong word or value on the command line, at: rounds=x"),
    ("test=load lists", "wrong word or value on the command line, at: lists"),
    ("test=load reserve=9999", "no room for the bare host"),
    ("test=nosuch", 'no scenario is named "nosuch"'),
    ("rounds=1", 'no scenario is named ""'),
])
def test_a_wrong_command_line(words, said):
    lines = qemu(driver(), words)
    text = "\n".join(lines)
    assert said in text and "@@ result ok" not in lines, text
    # What the loader refuses is said in its own words.
    assert "@@ result fail: the command line is wrong" in text or "no room" in text, text


def run(*words) -> subprocess.CompletedProcess:
    return subprocess.run([RUN, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120)


def test_without_words_the_scenarios_are_listed():
    done = run(driver())
    assert done.returncode == 0 and "test=onoff: " in done.stdout and "@@ result ok" in done.stdout, done.stdout + done.stderr


def test_a_run_that_takes_too_long_says_so_at_the_end():
    done = run("-t", "0.1", driver(), "test=onoff")
    assert done.returncode == 1 and "timeout: " in done.stdout.splitlines()[-1], done.stdout + done.stderr


@pytest.mark.parametrize("content", [b"", b"MZ", b"# A text\n", b"MZ".ljust(64, b"\0")], ids=["empty", "short", "text", "no PE header"])
def test_what_is_no_driver_is_not_booted(tmp_path, content):
    file = tmp_path / "driver.sys"
    file.write_bytes(content)
    done = run(file, "test=load")
    assert done.returncode == 2 and "isn't a Windows or UEFI image" in done.stderr and "@@" not in done.stdout, done.stderr


def test_the_help_explains_each_argument():
    text = run("--help").stdout
    assert "FILE.sys" in text and "test=NAME" in text.partition("positional arguments")[2]
