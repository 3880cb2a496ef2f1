# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir recorder` under Debian's kernel: while on, after off, and with every CPUID."""

from __future__ import annotations

import json

import pytest

from . import guest

pytestmark = [pytest.mark.xdist_group("linux-recorder")]

SCRIPT = """
load watchdog=1
section parameter; parameter watchdog; cat /sys/module/nadir/parameters/provoke 2>&1
echo 1 > /sys/module/nadir/parameters/provoke; echo status $?
section before; nadir recorder
nadir on > /dev/null
echo 1 > /sys/module/nadir/parameters/provoke; echo refused $?
section live; nadir recorder --json --last 12
section words; nadir recorder --processor 1 --last 3
section wrong; nadir recorder --processor 2 2>&1; echo status $?
section file; nadir recorder --image /bin/nadir 2>&1; echo status $?
nadir off > /dev/null
section after; nadir recorder --json --last 2
nadir on --record-every-exit > /dev/null
section every; nadir recorder --json --last 12
nadir off > /dev/null
finish
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("recorder"), SCRIPT, programs=("request", "nadir"))


def recordings(boot, section: str) -> dict[int, dict]:
    return {one["processor"]: one for one in json.loads(boot.text(section))["processors"]}


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_parameters(boot):
    assert boot["parameter"][0] == "1"
    assert "Permission denied" in boot["parameter"][1] or "can't open" in boot["parameter"][1]
    assert boot["parameter"][-1] == "status 1", "off: there is nobody to make a mistake"


def test_nothing_before_the_first_start(boot):
    assert [line for line in boot["before"] if line.startswith("Processor ")] == [
        f"Processor {number} (off): the last 0 of 0 VM exits recorded" for number in (0, 1)]


def test_live(boot):
    for number, one in recordings(boot, "live").items():
        assert one["state"] == "on"
        exits = one["exits"]
        numbers = [exit["number"] for exit in exits]
        assert numbers == list(range(numbers[0], one["begun"])), "without gaps, up to the newest"
        assert all(a["ticks"] < b["ticks"] for a, b in zip(exits, exits[1:]))
        assert {exit["outcome"] for exit in exits} <= {"advanced", "retried", "raised-gp", "raised-ud"}
        assert number in (0, 1)


def test_words(boot):
    assert boot["words"][0].startswith("Processor 1 (on): the last ")
    assert len([line for line in boot["words"] if "  0x" in line]) <= 3
    assert boot["wrong"] == ["nadir: There is no processor 2; the last is 1.", "status 2"]
    assert "an ELF file, but no core file" in boot["file"][0] and boot["file"][-1] == "status 2"


def test_after_off(boot):
    for one in recordings(boot, "after").values():
        assert one["state"] == "off"
        last = one["exits"][-1]
        assert (last["name"], last["outcome"]) == ("VMCALL", "left")
        assert last["number"] + 1 == one["begun"]


def test_every_exit(boot):
    cpuids = 0  # programs ask for them as they start
    for one in recordings(boot, "every").values():
        assert {exit["unrecorded_cpuids_before"] for exit in one["exits"]} <= {0, None}
        assert one["unrecorded_cpuids_after"] == 0
        cpuids += sum(exit["name"] == "CPUID" for exit in one["exits"])
    assert cpuids > 0
