# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The emulator as witness tells VMX operation from none, non-root from root, and a failed VM entry from a good one."""

import pytest

from . import fastboot
from .bochs import MODELS_WITH_EPT, Machine
from .debugger import MACHINE_STATE, differences, show, stops_of, vm_exits, vm_launches
from .programs import multiboot_kernel

pytestmark = pytest.mark.quick


def run(tmp_path, command_line="", **settings):
    kernel = multiboot_kernel("vmx", tmp_path)
    machine = fastboot.multiboot(Machine(memory_mib=64, **settings), tmp_path, kernel, command_line)
    return machine.run(timeout=30, directory=tmp_path)


@pytest.mark.parametrize("model", MODELS_WITH_EPT)
def test_the_debugger_follows_vmx_operation(tmp_path, model):
    result = run(tmp_path, model=model, magic_break=True, commands=stops_of(1, 4, MACHINE_STATE))
    assert result.reason == "shutdown", result.tail()
    outside, guest, root, after = result.stops
    assert [stop.in_vmx(0) for stop in result.stops] == [False, True, True, False]
    assert [stop.in_guest(0) for stop in result.stops] == [False, True, False, False]
    assert guest.value(0, "VMX.VMCS_CACHE.HOST_STATE.CR3") == guest.value(0, "CR3")
    assert result.vmx_failures == []
    # A VM exit sets limits and access rights of what it loads to fixed values, as this "host" has them, but for these.
    allowed = ("VMX", "GDTR.limit", "IDTR.limit", "LDTR", "ES", "SS", "DS", "FS", "GS", "CS", "TR")
    assert differences(outside, after, 0, allowed) == []


def test_the_debugger_sees_each_exit(tmp_path):
    result = run(tmp_path, commands=["vmexitbp", "c", *show(1), "c"])
    assert [stop.reason for stop in result.stops] == ["Caught VMEXIT breakpoint"]
    assert result.stops[0].in_vmx(0) and not result.stops[0].in_guest(0)


def test_the_log_names_a_failed_entry(tmp_path):
    result = run(tmp_path, command_line="be bad", magic_break=True, commands=stops_of(1, 3))
    assert any("VMENTER FAIL" in line and "RFLAGS" in line for line in result.vmx_failures)
    assert not result.ok
    assert not any(stop.in_guest(0) for stop in result.stops)


def test_the_log_counts_launches_and_exits(tmp_path):
    result = run(tmp_path, cpu_debug=True)
    assert vm_launches(result.log) == {0: 1}
    assert vm_exits(result.log) == {0: {10: 1}}
