# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The machine reboots, powers off, jumps into another kernel, crashes or sleeps while Nadir is on."""

import pytest

from . import guest


def test_reboot(tmp_path):
    boot = guest.boot(tmp_path, """
echo 7 > /proc/sys/kernel/printk
load
section on; request on state
section reboot; reboot -f
""")
    assert boot.run.reason == "reset" or "Reset(SOFTWARE) called" in boot.run.log, boot.run.tail()
    assert boot.report("on", "state")["on"] == 2
    assert "nadir: off" in boot.text("reboot")
    assert boot.run.vmx_failures == []


def test_power_off(tmp_path):
    boot = guest.boot(tmp_path, """
echo 7 > /proc/sys/kernel/printk
load
section on; request on state
section off; poweroff -f
""")
    assert boot.run.reason == "poweroff", boot.run.tail()
    assert boot.report("on", "state")["on"] == 2
    assert "nadir: off" in boot.text("off")


KEXEC = """
echo 7 > /proc/sys/kernel/printk
load
section on; request on state
section kexec; kexec {how}
{then}
sleep 1000
"""


def test_kexec(tmp_path):
    boot = guest.boot(tmp_path, KEXEC.format(how="now", then=""), programs=("request", "kexec"))
    assert boot.report("on", "state")["on"] == 2
    assert boot.run.reason == "shutdown", boot.run.tail()
    assert "kexec: VMXON worked" in boot["kexec"]
    assert boot.run.vmx_failures == []


def test_crash_kernel(tmp_path):
    """Panic with a crash kernel loaded: it finds no processor in VMX operation."""
    boot = guest.boot(tmp_path, KEXEC.format(how="crash", then="echo c > /proc/sysrq-trigger"),
                      programs=("request", "kexec"), append="crashkernel=32M")
    assert boot.report("on", "state")["on"] == 2
    assert boot.run.reason == "shutdown", boot.run.tail()
    assert "kexec: VMXON worked" in boot["kexec"]
    assert boot.run.vmx_failures == []


def test_hibernation(tmp_path):
    """Without a place for the image the system wakes again at once: Nadir is off meanwhile, and on again after."""
    boot = guest.boot(tmp_path, """
load
section on; request on state
section sleep; echo shutdown > /sys/power/disk; echo disk > /sys/power/state; echo status $?
section awake; request state statistics off
finish
""")
    guest.assert_quiet(boot)
    assert boot.report("on", "on")["status"] == 0
    assert "nadir: turning off: the system goes to sleep" in boot.text("log")
    assert "nadir: on again after sleep" in boot.text("log")
    assert boot.reports("awake", "state")[0]["on"] == 2
    assert boot.report("awake", "off")["status"] == 0
