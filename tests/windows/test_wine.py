# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The shipped nadir.sys in Wine: a service of type kernel driver, asked by nadir.exe, and by a program that asks wrongly.

Wine runs a driver's code as it is, in a process of user mode: it shows loading, the device, the requests and unloading. That a
processor enters VMX operation is shown elsewhere (tests/nt).
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path

import pytest

from windows import products, wine

pytestmark = pytest.mark.xdist_group("wine")

ALREADY, FAILED, SUCCESS = 6, 1, 0
NO_SUCH_FUNCTION, BAD_LENGTH, BAD_PARAMETER, OTHER_VERSION = 1, 24, 87, 1306  # Win32's
HAS_VMX = bool(re.search(r"^flags\s*:.*\bvmx\b", Path("/proc/cpuinfo").read_text(), re.MULTILINE))
needs_no_vmx = pytest.mark.skipif(HAS_VMX, reason="this machine's processor offers VMX, and Wine's driver process must not "
                                                  "start a hypervisor here")


@pytest.fixture(scope="module")
def loaded(prefix):
    with prefix.session("driver") as session, session.driver("nadir", products.driver()):
        yield session


@pytest.fixture
def nadir(loaded, prefix, nadir_exe):
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return prefix.run(nadir_exe, *words)

    return run


def test_status_stats_log(nadir):
    status = nadir("status", "--json")
    assert status.returncode == SUCCESS
    document = json.loads(status.stdout)
    assert document["active"] is False and document["processors_on"] == 0
    online = [processor["number"] for processor in document["processors"]]
    assert online == list(range(len(online))) and online
    assert "Nadir is off: 0 of" in nadir("status").stdout

    stats = nadir("stats")
    assert stats.returncode == SUCCESS and "not been on since its driver was loaded" in stats.stdout
    assert nadir("log").stdout == "The log is empty: Nadir has not been on since its driver was loaded.\n"
    assert "the last 0 of 0 VM exits recorded" in nadir("recorder", "--cpu", "0").stdout
    assert nadir("stats", "--cpu", "100000").returncode == 2


def test_caps_come_from_the_driver(nadir):
    done = nadir("caps", "--json")
    kinds = json.loads(done.stdout)["processors"]
    assert kinds and {kind["source"] for kind in kinds} == {"nadir.sys"}
    # What a program can't read.
    assert all(kind["capabilities"]["cr4"] for kind in kinds)
    if not HAS_VMX:
        assert done.returncode == FAILED
        assert any(finding["severity"] == "refuse" for kind in kinds for finding in kind["findings"])


def test_off_when_off(nadir):
    done = nadir("off")
    assert done.returncode == ALREADY and "already off" in done.stderr
    report = json.loads(nadir("off", "--json").stdout)["report"]
    assert report["status_text"] == "Nadir is already off" and report["processor"] is None


@needs_no_vmx
def test_on_is_refused_in_words(nadir, loaded):
    done = nadir("on")
    assert done.returncode == FAILED and not done.stdout
    assert "Nadir did not start, and the machine is as it was" in done.stderr
    assert "CPUID.1:ECX.VMX is 0" in done.stderr
    # By the same words as on Linux, where caps says why.
    report = json.loads(nadir("on", "--json").stdout)["report"]
    assert report["step_text"] == "probe" and report["text"] in done.stderr
    found = [finding["found"] for kind in json.loads(nadir("caps", "--json").stdout)["processors"]
             for finding in kind["findings"] if finding["severity"] == "refuse"]
    assert any(words in report["text"] for words in found)
    assert "nadir: not started: " in loaded.log()
    assert "Nadir is off" in nadir("status").stdout


@needs_no_vmx
def test_dump_says_why_there_is_none(nadir):
    done = nadir("dump")
    assert done.returncode == FAILED and "not under Nadir, so it has no VMCS" in done.stderr
    assert "No VM entry has failed" in nadir("dump", "--failed").stderr


def test_requests_that_no_tool_makes(loaded, prefix, nadir):
    done = prefix.run(products.program("requests"))
    assert done.returncode == 0, done.stdout
    answers = {name: tuple(rest) for name, *rest in map(str.split, done.stdout.splitlines())}

    def cases(error: int, *names: str) -> dict[str, tuple[str, ...]]:
        return {name: (str(error), "same") for name in names}

    answered = {name: ("0", "changed") for name in ("right", "statistics", "log", "vmcs", "recorder", "extension", "rules",
                                                     "rules-no-operation", "hooks-set", "hooks-clear", "hooks-list",
                                                     "memory-read", "memory-space", "memory-ept", "by-the-second",
                                                     "first-afterwards")}
    assert answers == {
        **answered,
        **cases(BAD_LENGTH, "short-in", "short-out", "long-in", "long-out", "nothing-in", "nothing-out", "nothing-at-all",
                "part-of-header", "header-size"),
        **cases(OTHER_VERSION, "newer-version", "no-version", "off-newer-version"),
        **cases(NO_SUCH_FUNCTION, "method-in-direct", "method-out-direct", "method-neither", "access-any", "access-read",
                "another-type", "microsofts-function", "function-0", "function-100"),
        **cases(BAD_PARAMETER, "statistics-of-none", "log-of-none", "vmcs-of-none", "recorder-of-none", "extension-of-none"),
        "extension-found": ("0",),
        "null-in": ("refused",), "wild-out": ("refused",), "second-open": ("yes",),
        "read": (str(NO_SUCH_FUNCTION),), "write": (str(NO_SUCH_FUNCTION),),
    }
    assert nadir("status").returncode == SUCCESS


def test_a_second_instance_stays_out(loaded, nadir):
    """The same driver by another service's name: it is not loaded, says why, and the first goes on."""
    loaded.service("create", "nadir2", "type=", "kernel", "binPath=", r"C:\nadir.sys")
    try:
        loaded.service("start", "nadir2")
        assert loaded.state("nadir2") == "STOPPED"
    finally:
        loaded.service("delete", "nadir2")
    assert r"not loaded: there is a device \Device\Nadir already" in loaded.log()
    assert nadir("status").returncode == SUCCESS


def test_follow_ends_by_ctrl_c(loaded, prefix, nadir_exe):
    """Wine makes a console's Ctrl-C of SIGINT. Before the command has its handler, Wine's own ends the process, with status 0
    as well, and says so: then later, once more."""
    ends = []
    for patience in (1, 2, 4, 8, 16):
        with prefix.start(nadir_exe, "log", "--follow", debug="fixme+console") as process:
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(patience)
            process.send_signal(signal.SIGINT)
            ends.append((process.wait(wine.TIMEOUT), process.stderr.read().decode(errors="replace")))
        if ends[-1][0] == SUCCESS and "Terminating process" not in ends[-1][1]:
            return
    pytest.fail(f"it never ended as a command does: {ends}")


def test_what_the_driver_prints(loaded):
    assert r"nadir: loaded: \\.\Nadir is ready" in loaded.log()
    assert "unimplemented" not in loaded.log().lower()  # an import that Wine lacks was called
