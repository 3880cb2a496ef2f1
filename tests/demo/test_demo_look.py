# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""./demo --look: each command shows something of the running guest, and the page arrives here."""

import re
import subprocess

import pytest

pytestmark = pytest.mark.xdist_group("demo")


def demo(root, *words):
    return subprocess.run(["./demo", "--look", *words], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)


def test_each_command_shows_something(root):
    done = demo(root)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (r"Nadir is on: 2 processors", r"10 CPUID +[1-9]", r"[\d,]+/s  cpu 0 [\d,.]+  cpu 1 ", r"cpuid   leaf 0x", r" 3  __x64_sys_openat",
                  r"-> host-physical address 0x", r"nadir top  on: 2 of 2 processors", r"reason, by rate ", r"\| q end ", r"Nadir is off: "):
        assert re.search(words, done.stdout), (words, done.stdout)
    assert "\x1b" not in done.stdout and "@@" not in done.stdout
    page = (root / re.search(r"The page is (\S+report\.html): ", done.stdout)[1]).read_text()
    assert page.lower().startswith("<!doctype html>") and page.rstrip().endswith("</html>") and "2 of 2 processors" in page


def test_what_does_not_go_together(root):
    for other in (["--grub"], ["--workload-only"], ["--gdb"]):
        done = demo(root, *other)
        assert done.returncode == 2 and "--look goes neither with" in done.stderr, done.stderr
