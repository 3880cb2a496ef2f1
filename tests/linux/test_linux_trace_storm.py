# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A million events on both processors, while hooks come and go, some with a program that is killed: what `nadir trace` can't keep up with
is counted, and the system goes on meanwhile."""

from __future__ import annotations

import json
import re

import pytest

from . import guest

pytestmark = [pytest.mark.xdist_group("linux-trace-storm")]

STORM = 500_000  # on each of two processors

SCRIPT = f"""
load watchdog=10; nadir on > /dev/null
before=$(parameter allocated)
held() {{ echo allocated $(($(parameter allocated) - before)); }}
trace() {{ nadir trace "$@" > /tmp/trace 2>&1 & tracer=$!; until [ $(parameter allocated) -gt $before ] || ! kill -0 $tracer; do :; done; }}
grep -E ' (update_process_times|_text)$' /proc/kallsyms > /tmp/symbols
# Each start of a program costs the askers time: four hooks that end by a signal of each kind are enough.
hooks() {{ for i in 1 2 3 4; do rm -f /tmp/hook.$1; nadir hook --symbols /tmp/symbols update_process_times -q > /tmp/hook.$1 2>&1 & hook=$!
    until grep -q set /tmp/hook.$1 2> /dev/null || ! kill -0 $hook; do sleep 0.05; done; sleep 0.1; kill -$1 $hook; wait $hook
    grep -c set /tmp/hook.$1 >> /tmp/count.$1; done > /dev/null 2>&1; }}
section storm; trace cpuid --leaf 0 --json --where 'leaf == 9'
asker cpuid 0 {STORM} 0 & first=$!; asker cpuid 0 {STORM} 1 & second=$!
hooks INT & hooked=$!; hooks KILL & killed=$!
nadir status | head -n 1; kill -0 $first && kill -0 $second && echo at once
wait $first; echo asker $?; wait $second; echo asker $?; wait $hooked; wait $killed
kill -INT $tracer; wait $tracer; echo status $?; tail -n 1 /tmp/trace; grep -c '"lost":[0-9]*,"processor"' /tmp/trace; held
section killed; trace cpuid; asker cpuid 0 50000 0 & first=$!; asker cpuid 0 50000 1 & second=$!
kill -9 $tracer; wait $tracer; held; wait $first; echo asker $?; wait $second; echo asker $?
section hooks; nadir hook --list --symbols /tmp/symbols; grep -c 1 /tmp/count.INT; grep -c 1 /tmp/count.KILL; cat /tmp/hook.INT
section state; nadir status | head -n 1; nadir off
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("storm"), SCRIPT, programs=("asker", "nadir"), timeout=600)


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)
    assert boot["state"] == ["Nadir is on: 2 of 2 processors in VMX non-root operation.",
                             "Nadir is off: every processor was handed back."]


def test_each_event_is_seen_or_counted(boot):
    status, together, *askers, ended, end, told, held = boot["storm"]
    assert status == "Nadir is on: 2 of 2 processors in VMX non-root operation." and together == "at once"
    assert askers == ["asker 0", "asker 0"] and ended == "status 0"
    of = json.loads(end)["end"]
    assert [one["processor"] for one in of] == [0, 1]
    for one in of:
        assert one["seen"] > 0 and one["lost"] > 0
        # Leaf 0 is also what every program asks for when it starts.
        assert STORM <= one["seen"] + one["lost"] < STORM + 1000, one
    assert int(told) > 2, "losses are told while it goes on, too"
    assert held == "allocated 0"


def test_killed_in_the_storm(boot):
    assert [line for line in boot["killed"] if line != "Killed"] == ["allocated 0", "asker 0", "asker 0"]


def test_hooks_came_and_went_meanwhile(boot):
    """Those that were ended by Ctrl-C have counted; of those that were killed nothing is left."""
    empty, ended, killed, *last = boot["hooks"]
    assert empty == "There are no hooks."
    assert (ended, killed) == ("4", "4")
    assert re.search(r"\d+  update_process_times$", "\n".join(last), re.MULTILINE), last
