# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir trace` under Debian's kernel: what its own programs do, and nothing left over when it ends, is killed, or loses Nadir."""

from __future__ import annotations

import json
import re

import pytest

from emulator import debian

from . import guest

pytestmark = pytest.mark.xdist_group("linux-trace")

LEAF = 0x41424344
TSC_AUX = 0xC0000103

# A trace has begun when its rings are there.
SCRIPT = f"""
load watchdog=10; insmod /lib/modules/msr.ko allow_writes=on
section off; nadir trace cpuid 2>&1; echo status $?
nadir on > /dev/null
before=$(parameter allocated)
held() {{ echo allocated $(($(parameter allocated) - before)); }}
trace() {{ nadir trace "$@" > /tmp/trace 2>&1 & tracer=$!; until [ $(parameter allocated) -gt $before ] || ! kill -0 $tracer; do :; done; }}
ended() {{ kill -INT $tracer 2> /dev/null; wait $tracer; echo status $?; cat /tmp/trace; }}
quietly() {{ ended > /tmp/ended; }}
section refused; nadir trace wrmsr --msr debugctl 2>&1; echo status $?; nadir trace memory 2>&1; echo status $?
section words; trace cpuid --leaf {LEAF:#x} --registers; asker cpuid {LEAF:#x} 3 1; ended
section json; trace cpuid rdmsr wrmsr --json --where 'process == "asker" and (leaf == {LEAF:#x} or msr == tsc_aux)'
asker cpuid {LEAF:#x} 4 0; asker cpuid {LEAF:#x} 2 1; asker msr {TSC_AUX:#x} 3 1; asker msr {TSC_AUX:#x} 2 0; ended
section all; trace cpuid rdmsr wrmsr --json --count 400; asker msr {TSC_AUX:#x} 100 1; ended
section count; nadir trace cpuid --cpu 1 --leaf {LEAF:#x} --json --count 5 > /tmp/count & tracer=$!
while kill -0 $tracer 2> /dev/null; do asker cpuid {LEAF:#x} 1 0; asker cpuid {LEAF:#x} 1 1; done
wait $tracer; echo status $?; cat /tmp/count
section perfetto; trace cpuid --leaf {LEAF:#x} --perfetto /tmp/perfetto; asker cpuid {LEAF:#x} 3 0; asker cpuid {LEAF:#x} 2 1; ended
section perfetto-file; cat /tmp/perfetto
section second; trace wrmsr; nadir trace cpuid 2>&1; echo status $?
section killed; kill -9 $tracer; wait $tracer; held; trace cpuid; quietly; head -n 1 /tmp/ended
section pipe; nadir trace vmx | head -n 0; held
exits() {{ nadir stats | grep MSR; }}
section left; exits > /tmp/exits; asker msr {TSC_AUX:#x} 20 0; asker msr {TSC_AUX:#x} 20 1; exits | diff /tmp/exits - && echo none
trace wrmsr --msr tsc_aux; asker msr {TSC_AUX:#x} 20 1; quietly; grep -c tsc_aux /tmp/ended; exits | diff /tmp/exits - > /dev/null || echo some
section hotplug; trace cpuid --leaf {LEAF:#x} --json
echo 0 > /sys/devices/system/cpu/cpu1/online; echo 1 > /sys/devices/system/cpu/cpu1/online; asker cpuid {LEAF:#x} 2 1; ended
section over; trace cpuid --leaf {LEAF:#x}; asker cpuid {LEAF:#x} 1 0; nadir off > /dev/null; wait $tracer; echo status $?; cat /tmp/trace
nadir on > /dev/null; trace cpuid --leaf {LEAF:#x}; nadir off > /dev/null; nadir on > /dev/null; wait $tracer; tail -n 2 /tmp/trace
section end-state; nadir status | head -n 1; nadir off; rmmod nadir; echo removal $?
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("trace"), SCRIPT, programs=("asker", "nadir"),
                      modules=[debian.kernel().module("msr")], timeout=600)


def lines(boot, section: str) -> list[dict]:
    return [json.loads(line) for line in boot[section] if line.startswith("{")]


def events(boot, section: str) -> list[dict]:
    return [line for line in lines(boot, section) if "event" in line]


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)
    assert boot["end-state"][-1] == "removal 0"
    assert "not given back" not in boot.text("log")


def test_off(boot):
    assert boot["off"] == ["nadir: Nadir is off: there are no events.", "`nadir on` starts it.", "status 1"]


def test_what_cannot_be_watched(boot):
    text = boot.text("refused")
    assert "MSR 0x1d9 can't be watched" in text and text.count("status 1") == 1
    assert "Which memory?" in text and text.count("status 2") == 1


def test_words_and_registers(boot):
    assert boot["words"][0] == "status 0"
    found = [line for line in boot["words"] if " cpu 1 " in line]
    assert len(found) == 3, boot.text("words")
    assert all(re.search(r" asker/\d+ ", line) and f"leaf {LEAF:#x}, subleaf 0x0: eax " in line for line in found), found
    registers = [line for line in boot["words"] if line.startswith("    rax")]
    assert len(registers) == 3 and all(f"{LEAF:016x}" in line for line in registers), "RAX is what it was before"


def test_whose_they_are(boot):
    found = events(boot, "json")
    of = [(one["event"], one["processor"], one["process"]["name"], one["privilege_level"]) for one in found]
    assert of.count(("cpuid", 0, "asker", 3)) == 4 and of.count(("cpuid", 1, "asker", 3)) == 2
    for event in "rdmsr", "wrmsr":
        assert of.count((event, 1, "asker", 0)) == 3 and of.count((event, 0, "asker", 0)) == 2
    assert len(found) == 16, of
    programs = {one["process"]["pid"] for one in found}
    assert len(programs) == 4 and all(one["process"]["tid"] == one["process"]["pid"] for one in found)
    ticks = [one["ticks"] for one in found if one["processor"] == 1]
    assert ticks == sorted(ticks)


def test_every_event_is_somebodys(boot):
    found = events(boot, "all")
    assert len(found) == 400
    assert all(one["process"] for one in found)
    names = {one["process"]["name"] for one in found}
    assert "asker" in names
    kernel = [one["process"]["name"] for one in found if one["process"]["kernel"]]
    assert all(not one["process"]["kernel"] for one in found if one["process"]["name"] == "asker")
    assert all(one["privilege_level"] == 0 for one in found if one["process"]["kernel"]), kernel


def test_count_of_one_processor(boot):
    assert boot["count"][0] == "status 0"
    found = events(boot, "count")
    assert len(found) == 5 and {one["processor"] for one in found} == {1}


def test_perfetto(boot):
    assert boot["perfetto"] == ["status 0", "5 events in /tmp/perfetto"]
    trace = json.loads(boot.text("perfetto-file"))
    assert {one["ph"] for one in trace} == {"M", "i"}
    assert all(isinstance(one[key], int) and one[key] > 0 for one in trace for key in ("pid", "tid"))
    named = {(one["pid"], one["args"]["name"]) for one in trace if one["name"] == "process_name"}
    instants = [one for one in trace if one["ph"] == "i"]
    assert len(instants) == 5 and len(named) == 2
    for one in instants:
        assert one["name"] == "cpuid" and one["s"] == "t" and one["ts"] >= 0
        assert one["args"]["leaf"] == f"{LEAF:#x}" and (one["pid"], "asker") in named
    assert sorted(one["args"]["processor"] for one in instants) == [0, 0, 0, 1, 1]


def test_one_at_a_time(boot):
    assert boot["second"][0].startswith("nadir: Somebody has the events already"), boot.text("second")
    assert boot["second"][-1] == "status 1"


def test_a_killed_one_leaves_nothing(boot):
    assert [line for line in boot["killed"] if line != "Killed"] == ["allocated 0", "status 0"], "the memory is back, and the events are free again"


def test_a_closed_pipe_ends_it(boot):
    assert boot["pipe"] == ["allocated 0"]


def test_no_exit_is_left_over(boot):
    assert boot["left"] == ["none", "20", "some"]


def test_a_processor_that_comes_back(boot):
    found = events(boot, "hotplug")
    assert [(one["processor"], one["process"]["name"]) for one in found] == [(1, "asker")] * 2


def test_nadir_is_turned_off_meanwhile(boot):
    assert boot["over"][0] == "status 1"
    assert f"leaf {LEAF:#x}" in boot["over"][1], "what came before is shown"
    assert boot["over"][2:4] == ["nadir: Nadir was turned off meanwhile.", "`nadir on` starts it."]
    assert boot["over"][4:] == ["nadir: Nadir was turned off meanwhile.", "`nadir on` starts it."], "also when it is on again"
