# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""/dev/nadir under fire: programs/hammer.c asks at random, from threads and processes at once, while Nadir goes on and off."""

import re

import pytest

from . import guest

pytestmark = pytest.mark.xdist_group("linux-hammer")

# Slab: what the kernel has allocated for itself, in KiB. After a first round everything that's kept for the next is there.
SCRIPT = """
load
kept() { echo "kept: $(parameter allocated) $(grep '^Slab:' /proc/meminfo)"; }
section warm; hammer 3 60; request off > /dev/null; request on off > /dev/null; kept
section hammer; hammer 1 800 & sleep 0; rmmod nadir 2>&1; echo "removal $?"; wait $!; echo "exit $?"
section state; request off > /dev/null; request on off state; kept
section removed; rmmod nadir; echo "removal $?"; ls /dev/nadir 2>&1
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("hammer"), SCRIPT, programs=("request", "hammer"))


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_only_promised_answers(boot):
    assert boot["hammer"][-2:] == ["hammer: ok", "exit 0"], boot.text("hammer")
    numbers = re.search(r"hammer: answered (\d+), refused (\d+), turned on (\d+) times", boot.text("hammer"))
    answered, refused, cycles = map(int, numbers.groups())
    assert answered > 300 and refused > 300 and cycles >= 5, numbers[0]


def test_an_open_device_keeps_the_module(boot):
    assert "removal 1" in boot["hammer"]


def test_it_still_starts_and_stops(boot):
    assert [boot.report("state", name)["status"] for name in ("on", "off")] == [0, 0]
    assert boot.report("state", "state")["active"] == 0


def test_nothing_leaked(boot):
    def kept(section):
        return tuple(map(int, re.search(r"kept: (\d+) Slab: +(\d+) kB", boot.text(section)).groups()))

    (before, slab_before), (after, slab_after) = kept("warm"), kept("state")
    assert after == before
    # A leaked request has up to 4 KiB, and there were thousands; what else the kernel caches meanwhile is less.
    assert slab_after - slab_before < 1024
    assert boot["removed"] == ["removal 0", "ls: /dev/nadir: No such file or directory"]
    assert "not given back" not in boot.text("log")
