# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A million events on both processors: what `nadir trace` can't keep up with is counted, and the system goes on meanwhile."""

from __future__ import annotations

import json

import pytest

from . import guest

pytestmark = [pytest.mark.xdist_group("linux-trace-storm")]

STORM = 500_000  # on each of two processors

SCRIPT = f"""
load watchdog=10; nadir on > /dev/null
before=$(parameter allocated)
held() {{ echo allocated $(($(parameter allocated) - before)); }}
trace() {{ nadir trace "$@" > /tmp/trace 2>&1 & tracer=$!; until [ $(parameter allocated) -gt $before ] || ! kill -0 $tracer; do :; done; }}
section storm; trace cpuid --leaf 0 --json --where 'leaf == 9'
asker cpuid 0 {STORM} 0 & first=$!; asker cpuid 0 {STORM} 1 & second=$!
nadir status | head -n 1; kill -0 $first && kill -0 $second && echo at once
wait $first; echo asker $?; wait $second; echo asker $?
kill -INT $tracer; wait $tracer; echo status $?; tail -n 1 /tmp/trace; grep -c '"lost":[0-9]*,"processor"' /tmp/trace; held
section killed; trace cpuid; asker cpuid 0 50000 0 & first=$!; asker cpuid 0 50000 1 & second=$!
kill -9 $tracer; wait $tracer; held; wait $first; echo asker $?; wait $second; echo asker $?
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
