# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Processors that Nadir can't use: loading works, `on` says why not, and nothing was touched."""

import pytest

from emulator.bochs import Machine
from . import guest

SCRIPT = """
insmod /lib/modules/nadir_snapshot.ko
snapshot bare
load
section on; request on state
snapshot after; section changes; changes bare after
section removed; rmmod nadir; echo status $?
section autostart; load autostart=1 2>&1; echo status $?
finish
"""

NOT_INTEL_VMX, CONTROL_MISSING = 1, 4


@pytest.mark.parametrize("model, status, words", [
    ("p4_prescott_celeron_336", NOT_INTEL_VMX, "VMX"),
    ("core2_penryn_t9600", CONTROL_MISSING, "EPT"),
])
def test_unsuitable_processor(tmp_path, model, status, words):
    boot = guest.boot(tmp_path, SCRIPT, machine=Machine(model=model, processors=1))
    guest.assert_quiet(boot)
    report = boot.report("on", "on")
    assert report["errno"] != 0 and report["status"] == status
    assert words in report.text
    assert boot.report("on", "state")["active"] == 0
    assert boot["changes"] == ["none"]
    assert boot["removed"] == ["status 0"]
    assert "status 0" not in boot["autostart"]
    assert "nadir: not started: " in boot.text("log")
