# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What a program sees in user mode is the same before Nadir, under it and after it: tests/linux/conformance, line by line."""

import re
from collections import Counter

import pytest

from costs.exit_kinds import Exits
from emulator.bochs import Machine

from . import guest

SCRIPT = """
conformance > /tmp/again; conformance > /tmp/before
section undisturbed; diff /tmp/again /tmp/before; echo "status $?"
load
section on; request on
conformance > /tmp/during
section during; diff /tmp/before /tmp/during; echo "status $?"
section statistics; request statistics off
conformance > /tmp/after
section after; diff /tmp/before /tmp/after; echo "status $?"
section trace; cat /tmp/before
finish
"""

SIGILL, SIGTRAP, SIGSEGV = 4, 5, 11


@pytest.mark.parametrize("model, processors", [
    ("corei7_skylake_x", 2), ("corei7_icelake_u", 1), ("corei7_haswell_4770", 2)])
def test_the_same_in_user_mode(tmp_path, model, processors):
    machine = Machine(model=model, processors=processors)
    boot = guest.boot(tmp_path, SCRIPT, programs=("request", "conformance"), machine=machine)
    guest.assert_quiet(boot)
    assert boot.report("on", "on")["status"] == 0
    # If two runs without Nadir differ, the comparison says nothing.
    for section in ("undisturbed", "during", "after"):
        assert boot[section] == ["status 0"], boot.text(section)
    check_trace(boot["trace"], processors)
    # The trace did exit: basic exit reasons 10 (CPUID) and 18 (VMCALL), over all processors.
    exits = Counter()
    for reason, count in re.findall(r" (\d+):(\d+)", boot.text("statistics")):
        exits[int(reason)] += int(count)
    assert exits[10] > 700 and exits[18] > 0, exits
    # And for no reason that Nadir could do without.
    assert Exits(exits).optional() == {}


def check_trace(lines, processors):
    """It is complete, and what is known of a bare processor holds."""
    assert len(lines) > 200 * processors + 100
    assert sum(line.startswith("on processor ") for line in lines) == processors

    def one(start):
        found = {line for line in lines if line.startswith(start)}
        assert len(found) == 1, found
        return found.pop()

    for name in ("vmcall", "vmread", "vmxoff", "vmfunc", "compatibility vmcall", "compatibility vmread"):
        assert f"signal {SIGILL} code 2 trap 6 error 0 at +0" in one(f"{name}:")
    for name in ("rdmsr 40000000", "wrmsr 40000000", "invd", "compatibility invd"):
        assert f"signal {SIGSEGV} code 128 trap 13 error 0 at +0" in one(f"{name}:")
    assert f"signal {SIGSEGV} code 128 trap 13 error 102 at +0" in one("int 20:")
    assert "at +2 address 100000000" in one("cpuid at the end of 4 GiB:")
    assert "address 10 " in one("compatibility cpuid at the end of 4 GiB:"), "a jump lies at 0"
    # Behind each CPUID (at 9 and 12) one trap.
    assert re.search(r"trace step cpuid:.*@\+b .*@\+c .*@\+e .*@\+f ", one("trace step cpuid:"))
    assert one("debugged breakpoint behind cpuid:").count("@") >= 1
    assert one("code that changes:") == "code that changes: right 50 of 50 times"
    assert one("time-stamp counter across processors:").endswith(": in order")
