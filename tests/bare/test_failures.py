# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Whatever keeps Nadir from starting: it says why, and the machine stays as it was."""

from pathlib import Path

import pytest

from emulator.bochs import MODELS_WITHOUT_VMX

from .host import boot, expect_fail, expect_ok, matching


@pytest.mark.quick
@pytest.mark.parametrize("processors", (1, 2))
def test_each_step_fails_on_each_processor(tmp_path, processors):
    run = expect_ok(boot(tmp_path, "test=fail log=error", processors=processors, timeout=120), vmx_failures=True)
    steps = matching(run, "fail ")
    assert len(steps) >= 13 and all(": ok, " in line and ", 0 differences" in line for line in steps), run.tail()
    # The emulator saw the refusals of VMX instructions and VM entries too, on every processor.
    for number in range(processors):
        refused_here = [line for line in run.vmx_failures if f"[CPU{number} " in line]
        assert len(refused_here) >= 3, run.vmx_failures
    shortages = matching(run, "memory ")
    assert shortages and all(": ok, status 16 " in line for line in shortages), run.tail()
    assert matching(run, "memory: "), run.tail()


@pytest.mark.quick
def test_a_refused_entry_is_explained(tmp_path):
    """What the emulator refused is what the words say: a bit of RFLAGS, the exit controls."""
    run = boot(tmp_path, "test=fail log=error", timeout=120)
    words = "\n".join(run.lines)
    assert "this VM entry breaks a rule: guest.rflags.reserved: " in words
    assert any("RFLAGS[1]" in line for line in run.vmx_failures), run.vmx_failures
    assert "this VM entry breaks a rule: exit-control.reserved: " in words
    assert any("vmexit controls" in line for line in run.vmx_failures), run.vmx_failures
    assert "none of the rules" not in words


# A field, a value that it can't have, what the emulator says, what we say. Each is really entered.
SPOILT = {
    "access-rights": (0x4816, 0xA193, "CS.AR/LIMIT malformed", "guest.cs.reserved", 37),
    "control": (0x4000, 0x96, "pin-based controls allowed 1-settings", "control.pin.reserved", 36),
    "base": (0x680E, 1 << 47, "FS.BASE non canonical", "guest.fs.base", 37),
    "host": (0x6C16, 1 << 63, "RIP", "address-space.host-rip-64", 36),
}


@pytest.mark.quick
@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_field_is_named(tmp_path, name):
    field, value, emulators, ours, status = SPOILT[name]
    line = f"test=onoff fail_processor=1 fail_field={field:#x} fail_value={value:#x}"
    run = expect_fail(boot(tmp_path, line, processors=2))
    assert any(emulators in line and "[CPU1 " in line for line in run.vmx_failures), run.vmx_failures
    assert any(line.startswith(f"start: status {status} ") for line in run.lines), run.tail()
    assert f"Broken rule: {ours} (" in run.serial
    assert f"nadir: processor 1: this VM entry breaks a rule: {ours}: " in run.serial
    assert "diff after: 0 differences on 2 processors" in run.lines, "what was spoilt was not put back"


@pytest.mark.quick
@pytest.mark.parametrize("word", ("log=loud", "cycles=12x", "processors=", "frob", "fail_value=99999999999999999999"))
def test_a_wrong_command_line_is_refused(tmp_path, word):
    run = expect_fail(boot(tmp_path, f"test=onoff {word}"))
    assert f"nadir: unknown word or value on the command line, at: {word}" in run.lines
    assert "@@ result fail: the command line is wrong; hosts/bare/README.md lists its words" in run.lines
    assert not any(line.startswith("@@ test") for line in run.lines), "it ran all the same"


def refused(tmp_path, status, line="", **settings):
    """A start that must be refused with this status, in words, and without a trace on the processors."""
    run = expect_fail(boot(tmp_path, f"test=onoff {line}", **settings))
    (report,) = matching(run, "start: status ")
    assert report.startswith(f"start: status {status} "), run.tail()
    (words,) = [text for text in matching(run, "start: ") if text != report]
    assert len(words) > 30, words
    processors = settings.get("processors", 1)
    assert f"diff after: 0 differences on {processors} processors" in run.lines
    assert run.vmx_failures == []
    return words


@pytest.mark.quick
@pytest.mark.parametrize("model", MODELS_WITHOUT_VMX)
def test_processor_without_vmx(tmp_path, model):
    assert "VMX" in refused(tmp_path, 1, model=model, processors=2)


@pytest.mark.quick
@pytest.mark.parametrize("model", ("core2_penryn_t9600", "corei5_lynnfield_750"))
def test_processor_without_what_is_required(tmp_path, model):
    refused(tmp_path, 4, model=model)


def firmware(directory, feature_control):
    """The emulator's BIOS with another value for IA32_FEATURE_CONTROL (it sets bits 0 and 2 on each processor)."""
    directory.mkdir(parents=True, exist_ok=True)
    image = Path("/usr/share/bochs/BIOS-bochs-latest").read_bytes()
    enable = bytes.fromhex("83c8050f30")  # or eax, 5; wrmsr
    assert image.count(enable) == 2
    (directory / "bios").write_bytes(image.replace(enable, bytes((0x83, 0xC8, feature_control, 0x0F, 0x30))))
    return [f"romimage: file={directory / 'bios'}"]


@pytest.mark.quick
def test_vmx_locked_off_by_firmware(tmp_path):
    words = refused(tmp_path, 2, processors=2, extra=firmware(tmp_path, 1))
    assert "IA32_FEATURE_CONTROL" in words


@pytest.mark.quick
def test_firmware_that_locks_nothing(tmp_path):
    """Nadir enables and locks VMX itself. That one change can't be taken back, and it is the only one."""
    run = boot(tmp_path, "test=onoff", processors=2, extra=firmware(tmp_path, 0))
    assert matching(run, "start: status 0 "), run.tail()
    changes = [line.split(": ", 1) for line in matching(run, "diff after processor ")]
    assert [words.split(" (")[0] + words[-6:] for _, words in changes] == ["IA32_FEATURE_CONTROL0 -> 5"] * 2, run.tail()
    assert run.ok and not run.panics, run.tail()


@pytest.mark.quick
def test_vmx_in_use_by_another(tmp_path):
    words = refused(tmp_path, 3, "set_vmxe", processors=2)
    assert "VMXE" in words
