# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Each claim of the demo fails when its fact is missing, and no other does; no emulator is needed for that."""

import itertools
import json
from pathlib import Path

import pytest

from demo.guest import Options
from demo.observations import Observations, claims
from demo.table import closing_table
from emulator.bochs import Run
from emulator.debugger import Stop

pytestmark = pytest.mark.quick

OPTIONS = Options(processors=2)
STATUS = {"processors_on": 2, "bytes_total": 500000, "bytes_per_processor": 60000}
STATS = {"processors": [
    {"processor": n, "enter_ticks": 9000 + n, "leave_ticks": 800, "exits_total": 1234,
     "exits": [{"reason": 10, "name": "CPUID", "count": 1200}, {"reason": 31, "name": "RDMSR", "count": 34}]}
    for n in range(2)]}

CONSOLE = f"""\
@@ boot 2 6.1.0-99-cloud-amd64
@@ complaints before 1
@@ begin workload-before
@@ check cpuid ok 123
@@ workload ok 751cb3
@@ end workload-before 0
@@ begin insmod
@@ end insmod 0
@@ begin on
@@ end on 0
@@ begin workload-during
@@ workload ok 751cb3
@@ end workload-during 0
@@ end status 0
@@ json status {json.dumps(STATUS)}
@@ end stats 0
@@ end off 0
@@ json stats {json.dumps(STATS)}
@@ begin workload-after
@@ workload ok 751cb3
@@ end workload-after 0
@@ end rmmod 0
@@ complaints after 1
@@ done
"""


_process = itertools.count(0x1000, 0x1000)  # each stop is in another process


def stop(processor, vmx, guest, cr4="0x6a0"):
    state = {"VMX.in_vmx": str(vmx).lower(), "VMX.in_vmx_guest": str(guest).lower(), "CR4": cr4,
             "CR3": hex(next(_process))}
    return Stop(processor, "Magic breakpoint", {processor: state})


def stops():
    return ([stop(n, False, False) for n in range(2)] + [stop(n, True, True, "0x26a0") for n in range(2)]
            + [stop(n, False, False) for n in range(2)])


def judge(console=CONSOLE, reason="poweroff", log="", the_stops=None):
    seen = Observations()
    for line in console.splitlines():
        seen.read(line)
    run = Run(reason, 1.0, Path("."), console, "", log, "", 0, stops() if the_stops is None else the_stops)
    return seen, run, [claim.text for claim in claims(OPTIONS, seen, run) if not claim.observed]


def test_all_is_well():
    seen, run, missing = judge()
    assert missing == []
    table = closing_table(OPTIONS, seen, run)
    assert "9,001" in table and "1,200" in table and "500,000 bytes, 60,000 of them per processor" in table


@pytest.mark.parametrize("old, new, expected", [
    ("boot 2", "boot 1", "came up on 2 processors"),
    ("end workload-before 0", "end workload-before 1", "passes on the bare machine"),
    ("end insmod 0", "end insmod 1", "nadir.ko loads"),
    ("end on 0", "end on 1", "nadir on succeeds"),
    ("end workload-during 0", "", "passes under Nadir"),
    ('"processors_on": 2', '"processors_on": 1', "reports 2 processors virtualised"),
    ("end stats 0", "end stats 2", "nadir stats answers"),
    ('"count": 1200', '"count": 0', "CPUID exits on each processor"),
    ('"reason": 31, "name": "RDMSR"', '"reason": 12, "name": "HLT"', "no optional exit"),
    ("@@ json stats {", "@@ json stats oops {", "CPUID exits on each processor"),
    ("end off 0", "end off 1", "nadir off succeeds"),
    ("end workload-after 0", "end workload-after 1", "passes afterwards"),
    ("end rmmod 0", "end rmmod 1", "the module unloads"),
    ("complaints after 1", "complaints after 2", "logged no warning"),
])
def test_each_missing_fact_is_named(old, new, expected):
    assert old in CONSOLE
    _, _, missing = judge(CONSOLE.replace(old, new))
    assert len(missing) == 1 and expected in missing[0], missing


def test_a_changed_result_is_named():
    head, _, tail = CONSOLE.rpartition("@@ workload ok 751cb3")
    _, _, missing = judge(head + "@@ workload ok 0000" + tail)
    assert missing == ["afterwards it sees the same as before"]


def test_the_emulator_contradicts():
    for number in (0, 3, 5):
        wrong = stops()
        wrong[number] = stop(number % 2, number != 3, False)
        _, _, missing = judge(the_stops=wrong)
        assert len(missing) == 1 and all(f"processor {number % 2}" in text for text in missing)
    changed = stops()
    changed[5] = stop(1, False, False, "0x26a0")
    assert len(judge(the_stops=changed)[2]) == 1
    assert len(judge(the_stops=[])[2]) == 4
    assert "failed" in judge(log="00000123e[CPU0  ] VMFAIL: VMCS EXEC CTRL: TPR threshold too big")[2][0]
    assert "powered itself off" in judge(reason="timeout")[2][0]


def test_nothing_at_all():
    _, _, missing = judge("", "died", the_stops=[])
    everything = [claim.text for claim in claims(OPTIONS, *judge()[:2])]
    assert set(everything) - set(missing) == {"the emulator's log: no VM entry or VMX instruction failed"}
