# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The kernel outside long mode (tests/guest/modes) prints the same on the bare emulator and under nadir.elf."""

import pytest

from emulator import fastboot

from .host import ALL_MODELS, boot, boot_kernel, expect_ok, guest, processors_in_guest
from .test_conformance import differences

QUICK = "corei7_skylake_x", 1
CASES = [(model, 1) for model in ALL_MODELS] + [("corei7_icelake_u", 2), ("tigerlake", 4)]


def trace(run):
    return [line for line in expect_ok(run).lines if line.startswith("modes ")]


@pytest.mark.parametrize("model, processors", [
    pytest.param(model, processors, marks=[pytest.mark.quick] if (model, processors) == QUICK else [])
    for model, processors in CASES])
def test_the_same_trace(tmp_path, model, processors):
    settings = {"model": model, "processors": processors, "timeout": 300}
    one = boot_kernel(tmp_path / "bare", guest("modes.elf"), "", **settings)
    other = boot(tmp_path / "virtualised", "log=error", [fastboot.Module(guest("modes.elf"))], **settings)
    assert processors_in_guest(one) == [] and processors_in_guest(other) == list(range(processors))
    assert len(trace(one)) > 1000 * processors
    assert differences(trace(one), trace(other)) == []
