# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""KVM, the hypervisor that Debian's kernel brings along: who is there first, stays."""

import pytest

from emulator import debian
from . import guest

pytestmark = pytest.mark.xdist_group("linux-kvm")

SCRIPT = """
load
section nadir-first; request on; insmod /lib/modules/irqbypass.ko
insmod /lib/modules/kvm.ko; insmod /lib/modules/kvm-intel.ko; echo status $?
kvm request state; request off
section idle; request on state off
section running; kvm request on state
section ended; request on state off
section alone; kvm echo fine
section warnings; dmesg | grep -E 'WARNING|BUG|Oops'; dmesg | grep nadir:
poweroff -f
"""


@pytest.fixture(scope="module")
def boot(tmp_path_factory):
    kernel = debian.kernel()
    modules = [kernel.module(name) for name in ("irqbypass", "kvm", "kvm-intel")]
    return guest.boot(tmp_path_factory.mktemp("kvm"), SCRIPT, programs=("request", "kvm"), modules=modules)


def test_the_kernel_survives(boot):
    """KVM itself warns that its VMXON failed. It must find its place in the kernel's emergency call-back free."""
    assert boot.run.reason == "poweroff", boot.run.tail()
    assert [line for line in boot["warnings"] if "WARNING" in line or "BUG" in line or "Oops" in line
            if "vmx_hardware_enable" not in line] == []
    assert boot.run.panics == []


def test_kvm_cannot_start_a_machine_while_nadir_is_on(boot):
    assert boot.report("nadir-first", "on")["status"] == 0
    assert "kvm: Device or resource busy" in boot["nadir-first"]
    assert boot.report("nadir-first", "state")["on"] == 2
    assert boot.report("nadir-first", "off")["status"] == 0


def test_idle_kvm_is_no_obstacle(boot):
    assert boot.report("idle", "on")["status"] == 0
    assert boot.report("idle", "state")["on"] == 2
    assert boot.report("idle", "off")["status"] == 0


def test_a_running_machine_of_kvm_is_not_disturbed(boot):
    assert boot["running"][0] == "kvm: machine created"
    report = boot.report("running", "on")
    assert (report["errno"], report["status"]) == (16, 3)
    assert "another hypervisor" in report.text and "KVM" in report.text
    assert boot.report("running", "state")["active"] == 0


def test_nadir_starts_when_the_machine_has_ended(boot):
    assert boot.report("ended", "on")["status"] == 0
    assert boot.report("ended", "off")["status"] == 0


def test_kvm_works_after_nadir(boot):
    assert boot["alone"] == ["kvm: machine created", "fine"]
