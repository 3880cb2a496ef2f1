# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir top` and `nadir stats --watch` on real terminals, of a machine that isn't there (tests/tool/faked)."""

from __future__ import annotations

import re
import signal
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from .terminal import Terminal

pytestmark = pytest.mark.quick

COLOUR = re.compile(rb"\x1b\[(\d+;)*[34]\d(;\d+)*m")


@pytest.fixture(scope="module")
def faked(build: Path) -> Path:
    found = list(build.glob("**/nadir_tool_faked"))
    assert found, "nadir_tool_faked is missing: was it built?"
    return found[0]


@contextmanager
def terminal(*arguments, **environment):
    one = Terminal(*arguments, **environment)
    try:
        yield one
    finally:
        one.close()


def top(faked: Path, *words: str) -> list[str | Path]:
    return [faked, "top", "--every", "0.2", *words]


def is_ascii(one: Terminal) -> bool:
    return all(byte < 0x80 for byte in one.bytes)


def test_what_is_on_the_screen_and_keys(faked):
    with terminal(top(faked)) as one:
        text = one.wait_for("10 CPUID")
        assert "nadir top  on: 2 of 2 processors" in text and "cost: at least" in text and "reason, by rate" in text
        assert "cpuid 1 ecx" in text and "answers/s" in text
        assert re.search(r"^hooks +hits/s +in all$", text, re.MULTILINE)
        assert re.search(r"^stays +vfs_read +3\d\d +[\d,]+$", text, re.MULTILINE), "340 hits a second"
        assert re.search(r"^a program's vfs_write\+0x10 -> vfs_read +0 +0$", text, re.MULTILINE)
        assert text.splitlines()[-1].startswith("q end   s sort")
        assert "█" in text
        one.press("s")
        one.wait_for("reason, by name")
        one.press("s")
        one.wait_for("reason, by number")
        one.press("c")
        one.wait_for("exits/s  processor 0")
        one.press("\x1bOB")  # the key Down
        one.wait_for("exits/s  processor 1")
        one.press("a")
        one.wait_for(lambda text: "exits/s  processor" not in text)
        one.press("?")
        one.wait_for("pause and go on")
        one.press("x")
        one.wait_for("10 CPUID")
        one.press("p")
        one.wait_for("paused")
        frozen = one.settled()
        one.press("h")
        one.wait_for("pause and go on")
        one.press("h")
        one.wait_for(lambda text: text == frozen)
        one.press("q")
        assert one.end() == 0


@pytest.mark.parametrize("kind", ["vt100", "linux", "xterm", "screen", "vt52"])
def test_terminals(faked, kind):
    """Without colour, without UTF-8, with little more than printing."""
    with terminal(top(faked, "--count", "2"), TERM=kind, LANG="C") as one:
        assert one.end() == 0
        assert b"10 CPUID" in one.bytes and b"q end" in one.bytes and is_ascii(one)
        if kind in ("vt100", "vt52"):
            assert not COLOUR.search(one.bytes)


def test_colours_where_there_are_some(faked):
    with terminal(top(faked, "--count", "2")) as one:
        assert one.end() == 0
        assert COLOUR.search(one.bytes)


def test_forty_columns(faked):
    with terminal(top(faked), 40, 16, LANG="C") as one:
        text = one.wait_for("10 CPUID")
        assert "exits/s" in text and text.splitlines()[-1] == "q s p c a ? help"
        assert re.search(r"^hooks, 1 of 2 +hits/s +in all\nvfs_read +\d+ +[\d,]+\nrules +answers/s", text, re.MULTILINE)
        assert all(len(line) <= 40 for line in text.splitlines()) and is_ascii(one)
        one.press("q")
        assert one.end() == 0


def test_resize(faked):
    with terminal(top(faked)) as one:
        one.wait_for("q end   s sort")
        one.resize(40, 12)
        one.wait_for(lambda text: "10 CPUID" in text and text.splitlines()[-1] == "q s p c a ? help")
        one.resize(120, 40)
        one.wait_for(lambda text: "10 CPUID" in text and "cpu 1" in text and text.splitlines()[-1].startswith("q end"))
        one.press("q")
        assert one.end() == 0


def test_many_processors(faked):
    with terminal(top(faked), NADIR_FAKED_PROCESSORS="64") as one:
        text = one.wait_for("10 CPUID")
        assert "and 59 that have less to do" in text and " 63 on" in text
        one.press("q")
        assert one.end() == 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_leaves_the_terminal_as_it_was(faked, how):
    with terminal(top(faked)) as one:
        one.wait_for("10 CPUID")
        assert not one.echoes, "it reads single keys"
        one.process.send_signal(how)
        assert one.end() == 0
        assert one.echoes and b"\x1b[?1049l" in one.bytes


@pytest.mark.parametrize("kind", ["dumb", ""])
def test_a_terminal_that_only_prints(faked, kind):
    with terminal(top(faked, "--count", "2"), TERM=kind) as one:
        assert one.end() == 0
        assert b"\x1b" not in one.bytes and one.text.count("/s  cpu 0 ") == 2


def test_a_terminal_that_nobody_knows(faked):
    with terminal(top(faked), TERM="teletype-of-1963") as one:
        assert one.end() == 1
        assert "teletype-of-1963" in one.text and "nadir stats --watch" in one.text


def test_a_pipe_instead(faked):
    done = subprocess.run(top(faked, "--count", "2"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "\x1b" not in done.stdout
    assert done.stdout.startswith("(") and done.stdout.count("CPUID") == 2


def test_no_keys_is_no_endless_loop(faked):
    """Where standard input has ended, it goes on by the clock, and doesn't ask for keys again and again."""
    with terminal(["sh", "-c", f"'{faked}' top --every 0.2 --count 6 < /dev/null"], NADIR_FAKED_TALLY="1") as one:
        assert one.end() == 0
        assert int(re.search(rb"the clock was read (\d+) times", one.bytes)[1]) < 60


def test_watch_stays_in_its_place(faked):
    with terminal([faked, "stats", "--watch", "0.2", "--count", "4"]) as one:
        assert one.end() == 0
        assert one.text.count("VM exits per second") == 1 and one.text.count("10 CPUID") == 1
        assert one.bytes.count(b"VM exits per second") == 4


def test_watch_on_a_narrow_terminal(faked):
    with terminal([faked, "stats", "--watch", "0.2", "--count", "3"], 40, 8) as one:
        assert one.end() == 0
        assert one.text.count("VM exits per second") == 1
