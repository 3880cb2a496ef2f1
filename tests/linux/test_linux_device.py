# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""/dev/nadir: who may ask, what is asked wrongly, what is asked at the wrong time, and memory that isn't there."""

import re

import pytest

from . import guest

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("linux-device")]

SCRIPT = """
section unloaded; request state
load
section permissions; stat -c '%a %u %g %F' /dev/nadir
section nobody; su -s /bin/sh nobody -c 'request state' 2>&1
section capability; request without-capability; request state
section bad-off; request bad state
section off; request off state statistics log capabilities vmcs
fail_from() {
    n=1
    while [ $n -le 50 ]; do
        before=$(parameter allocated)
        echo $n > /sys/module/nadir/parameters/fail_allocation
        request on | tee /tmp/result
        reached=$(parameter fail_allocation)
        echo 0 > /sys/module/nadir/parameters/fail_allocation
        # The last one, with a number that isn't reached, has to work; one that fails but once may.
        if grep -q status=0 /tmp/result; then request off > /dev/null; else
            echo "left behind: $(($(parameter allocated) - before))"; fi
        if [ $reached -gt 1 ]; then break; fi
        n=$((n + 1))
    done
}
section memory; fail_from
echo 1 > /sys/module/nadir/parameters/fail_once
section memory-once; fail_from
section memory-end; request on state off
section on; request on state on state
section asked; request statistics log capabilities vmcs
section bad-on; request bad state
section open; sh -c 'exec 3<>/dev/nadir; rmmod nadir 2>&1; echo status $?'
request state
section stopped; request off state statistics log off vmcs
section unwritable; request on off-read-only state
section removed; request on; rmmod nadir; echo status $?; ls /dev/nadir 2>&1; grep -c '^nadir ' /proc/modules
section autostart; load autostart=1 log_level=3; echo status $?; request state
rmmod nadir; echo status $?
section autostart-fails; load autostart=1 fail_allocation=1 2>&1; echo status $?; grep -c '^nadir ' /proc/modules
finish
"""

FUNCTIONS = ("on", "off", "state", "statistics", "log", "capabilities", "vmcs", "recorder", "events_begin", "events_read",
             "events_end", "rules", "hooks_set", "hooks_clear", "hooks_list", "extension",
             "memory_read", "memory_space", "memory_ept")


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    return guest.boot(tmp_path_factory.mktemp("device"), SCRIPT)


def test_machine_runs_on(boot):
    guest.assert_quiet(boot)


def test_without_the_module_there_is_no_device(boot):
    assert boot["unloaded"] == ["open: errno=ENOENT"]


def test_device_belongs_to_root_alone(boot):
    assert boot["permissions"] == ["600 0 0 character special file"]
    assert boot["nobody"] == ["open: errno=EACCES"]


def test_open_device_without_the_capability(boot):
    """Root has opened it, and lost CAP_SYS_ADMIN since."""
    for function in FUNCTIONS:
        assert f"without CAP_SYS_ADMIN of {function}: errno=EPERM" in boot["capability"]
    assert boot.report("capability", "state")["active"] == 0


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("section", ["bad-off", "bad-on"])
def test_bad_requests(boot, section, function):
    expected = {
        "newer version": "EPROTO", "version 0": "EPROTO", "larger size in the header": "EMSGSIZE",
        "size 0 in the header": "EMSGSIZE", "larger size in the number": "EMSGSIZE", "size 0 in the number": "EMSGSIZE",
        "read-only direction": "ENOTTY", "null pointer": "EFAULT", "pointer into the kernel": "EFAULT",
        "non-canonical pointer": "EFAULT", "structure half unreadable": "EFAULT",
    }
    found = {}
    for line in boot[section]:
        match = re.match(rf"(.*) of {function}: errno=(\w+)(?: status=(\d+) text=(.*))?", line)
        if match:
            found[match[1]] = match[2]
            if match[2] in ("EPROTO", "EMSGSIZE") and match[3] is not None:
                assert match[3] == {"EPROTO": "66", "EMSGSIZE": "67"}[match[2]]
                assert "nothing was changed" in match[4]
    assert {what: found.get(what) for what in expected} == expected


@pytest.mark.parametrize("section", ["bad-off", "bad-on"])
def test_unknown_numbers(boot, section):
    lines = boot[section]
    for what in ("number 0", "number 12", "number 255", "type M", "terminal request"):
        assert f"{what} of nothing: errno=ENOTTY" in lines
    for function in ("statistics", "log", "recorder"):
        assert f"processor 100000 of {function}: errno=EINVAL" in lines


def test_bad_requests_change_nothing(boot):
    assert boot.report("bad-off", "state")["active"] == 0
    state = boot.report("bad-on", "state")
    assert (state["active"], state["on"]) == (1, 2)


def test_off_when_off(boot):
    report = boot.report("off", "off")
    assert report["errno"] != 0 and report["status"] == 65
    assert "off already" in report.text
    for state in boot.reports("off", "state"):
        assert (state["active"], state["processors"], state["on"], state["starts"]) == (0, 2, 0, 0)
    assert [s["state"] for s in boot.reports("off", "statistics")] == [1, 1]
    assert "capabilities: errno=0 filled" in boot["off"]


@pytest.mark.parametrize("section", ["memory", "memory-once"])
def test_memory_exhausted_at_each_request(boot, section):
    """From the n-th request on there is no memory, or once at the n-th: an answer in words, and all memory back."""
    reports = boot.reports(section, "on")
    failed = [report for report in reports if report["status"] != 0]
    assert 2 <= len(reports) < 50 and failed
    for report in failed:
        assert (report["errno"], report["status"], report["step"]) == (12, 16, 2), report
        assert "memory" in report.text
    assert reports[-1]["status"] == 0
    behind = [line for line in boot[section] if line.startswith("left behind")]
    assert behind == ["left behind: 0"] * len(failed)
    assert boot.report("memory-end", "state")["on"] == 2


def test_on_twice(boot):
    first, second = boot.reports("on", "on")
    assert (first["errno"], first["status"]) == (0, 0)
    assert second["errno"] != 0 and second["status"] == 64
    assert "on already" in second.text
    for state in boot.reports("on", "state"):
        assert (state["active"], state["on"], state["processors"]) == (1, 2, 2)
        assert state["total"] > 0


def test_answers_while_on(boot):
    statistics = boot.reports("asked", "statistics")
    assert [s["processor"] for s in statistics] == [0, 1]
    for s in statistics:
        assert s["state"] == 2 and s["exits"] > 0 and s["enter"] > 0 and s["nmi"] == 0
    assert "GAP" not in boot.text("asked")
    assert "capabilities: errno=0 filled" in boot["asked"]
    for report in boot.reports("asked", "log"):
        assert report["errno"] == 0


def test_vmcs_of_each_processor(boot):
    live = boot.reports("asked", "vmcs")
    assert [(v["errno"], v["processor"], v["source"]) for v in live] == [(0, 0, 1), (0, 1, 1), (0, 0, 0)]
    for vmcs in live[:2]:
        assert vmcs["fields"] > 100
        assert vmcs["cr0"] & 0x80000001 == 0x80000001, "Linux runs with paging and protection"
    # Off, and nothing failed: there is none.
    for section in ("off", "stopped"):
        assert {(v["errno"], v["source"], v["fields"]) for v in boot.reports(section, "vmcs")} == {(0, 0, 0)}


def test_an_open_device_keeps_the_module(boot):
    assert "status 1" in boot["open"]
    assert boot.report("open", "state")["on"] == 2


def test_answers_after_off(boot):
    off, again = boot.reports("stopped", "off")
    assert (off["errno"], off["status"]) == (0, 0)
    assert again["status"] == 65
    for state in boot.reports("stopped", "state"):
        assert (state["active"], state["on"]) == (0, 0)
    for s in boot.reports("stopped", "statistics"):
        assert s["state"] == 1 and s["exits"] > 0 and s["leave"] > 0


def test_an_answer_that_cannot_be_written(boot):
    assert "unwritable answer of off: errno=EFAULT" in boot.text("unwritable")
    assert boot.report("unwritable", "state")["active"] == 0


def test_removal_while_on(boot):
    assert boot.report("removed", "on")["status"] == 0
    assert boot["removed"][1:] == ["status 0", "ls: /dev/nadir: No such file or directory", "0"]


def test_autostart(boot):
    assert boot["autostart"][0] == "status 0" and boot["autostart"][-1] == "status 0"
    assert boot.report("autostart", "state")["on"] == 2
    assert "status 0" not in boot["autostart-fails"]
    assert "memory" in boot["autostart-fails"][0]
    assert boot["autostart-fails"][-1] == "0", "a module that could not start must not stay loaded"


def test_nothing_leaked(boot):
    assert "not given back" not in boot.text("log")
