# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The shipped nadir.sys in the NT test kernel: no rule of Windows' is broken, and each processor is as it was afterwards."""

import re

import pytest

from emulator.debugger import stops_of
from emulator.places import ROOT
from nt.machine import boot, expect_ok, qemu

from .products import driver

MODELS = ("corei7_skylake_x", "tigerlake")


@pytest.mark.parametrize("model, processors", [(MODELS[0], 1), (MODELS[0], 2), (MODELS[1], 1), (MODELS[1], 4)])
def test_on_and_off(tmp_path, model, processors):
    words = "test=onoff rounds=2" + (" group=2" if processors == 4 else "")
    run = expect_ok(boot(tmp_path, driver(), words, model=model, processors=processors))
    for title in ("during", "after"):
        assert run.lines.count(f"diff {title}: none on {processors} processors") == 2


def test_the_documents_transcript_is_true(tmp_path):
    """All lines, in their words; the figures, which change with the code, at least roughly."""
    text = (ROOT / "docs" / "windows.md").read_text()
    processors, words, shown = re.search(r"^\$ tests/nt/run.py -n (\d) build/windows/nadir.sys (.*)\n((?:.+\n)+?)```", text,
                                         re.MULTILINE).groups()
    lines = expect_ok(boot(tmp_path, driver(), words, processors=int(processors))).lines
    number = re.compile(r"\d+")
    assert [number.sub("N", line) for line in shown.splitlines()] == [number.sub("N", line) for line in lines]
    for written, found in zip(number.findall(shown), number.findall("\n".join(lines)), strict=True):
        assert int(written) / 1.5 <= int(found) <= int(written) * 1.5, f"docs/windows.md says {written}, the run {found}"


def test_the_emulator_sees_each_processor_come_and_go(tmp_path):
    # The kernel stops before the start, on each processor while Nadir is on, and after the end.
    processors = 2
    run = expect_ok(boot(tmp_path, driver(), "test=onoff rounds=1", processors=processors, magic_break=True,
                         commands=stops_of(processors, 2 + processors)))
    before, *during, after = run.stops
    for number in range(processors):
        assert not before.in_vmx(number) and not after.in_vmx(number)
        assert all(stop.in_vmx(number) for stop in during)
    assert [stop.in_guest(stop.processor) for stop in during] == [True] * processors


@pytest.mark.parametrize("model, processors", [(MODELS[0], 2), (MODELS[1], 1), (MODELS[1], 4)])
def test_threads_work_meanwhile(tmp_path, model, processors):
    words = "test=work rounds=2" + (" group=2" if processors == 4 else "")
    run = expect_ok(boot(tmp_path, driver(), words, model=model, processors=processors))
    assert sum(line.startswith("on: processor ") for line in run.lines) == 2 * processors


@pytest.mark.parametrize("words", ["load", "requests", "bad", "security", "close", "wake", "shutdown", "second", "entry"])
def test_scenario(tmp_path, words):
    expect_ok(boot(tmp_path, driver(), f"test={words}", processors=2))


def test_sleep(tmp_path):
    run = expect_ok(boot(tmp_path, driver(), "test=power rounds=2", processors=2))
    assert run.serial.count("dbg: nadir: not on again after sleep: ") == 1


def test_unload_while_on(tmp_path):
    # Stops on each processor while Nadir is on, and when the driver is gone.
    run = expect_ok(boot(tmp_path, driver(), "test=unload", processors=2, magic_break=True, commands=stops_of(2, 4)))
    assert [stop.in_guest(stop.processor) for stop in run.stops] == [True, True, False, False]
    assert not any(stop.in_vmx(number) for stop in run.stops[2:] for number in range(2))


def test_a_processor_is_added_while_on(tmp_path):
    run = expect_ok(boot(tmp_path, driver(), "test=hotadd held=2 group=2", processors=4, magic_break=True,
                         commands=stops_of(4, 4)))
    assert [stop.processor for stop in run.stops] == [0, 1, 2, 3]
    assert all(stop.in_guest(stop.processor) for stop in run.stops)


def test_bug_check_while_on(tmp_path):
    # The processor that writes the dump has left VMX operation; nothing can be asked of the others, which have stopped.
    run = expect_ok(boot(tmp_path, driver(), "test=bugcheck", processors=2, magic_break=True, commands=stops_of(2, 1)))
    assert "bug check callbacks called on processor" in run.serial
    (stop,) = run.stops
    assert not stop.in_vmx(stop.processor)


@pytest.mark.parametrize("processors", (1, 2))
def test_each_step_fails(tmp_path, processors):
    run = expect_ok(boot(tmp_path, driver(), "test=steps", processors=processors), vmx_failures=True)
    # Steps 1 to 3 and 14 fail once, the others on each processor.
    assert run.lines.count(f"diff after a step that failed: none on {processors} processors") == 4 + 10 * processors


def test_each_call_fails(tmp_path):
    run = expect_ok(boot(tmp_path, driver(), "test=calls", processors=1))
    failed = {line.split()[2].rstrip(",") for line in run.lines if line.startswith("call ")}
    assert {"MmAllocateContiguousNodeMemory", "KeRegisterProcessorChangeCallback", "ExCreateCallback",
            "KeRegisterBugCheckReasonCallback"} <= failed


@pytest.mark.parametrize("model, why", [("p4_prescott_celeron_336", "VMX"), ("ryzen", "AMD")])
def test_a_processor_without_vmx(tmp_path, model, why):
    run = expect_ok(boot(tmp_path, driver(), "test=refusal", model=model))
    (line,) = [line for line in run.lines if line.startswith("on: status")]
    assert why in line


def test_qemu_without_vmx():
    lines = qemu(driver(), "test=refusal", processors=2)
    assert "@@ result ok" in lines, "\n".join(lines)
    (line,) = [line for line in lines if line.startswith("on: status")]
    assert "VMX" in line
