# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What the guest sees of instructions that exit is what it sees on the bare processor: the same trace, line by line."""

import difflib

import pytest

from .host import MODELS, boot, expect_ok

# Intended differences: a pair of prefixes of lines, each with its reason.
ALLOWED: dict[str, str] = {}


def trace(run):
    return [line for line in expect_ok(run).lines if line.startswith("exits ")]


def differences(bare, virtualised):
    lines = difflib.unified_diff(bare, virtualised, "bare", "virtualised", lineterm="", n=0)
    return [line for line in lines if line[:2] not in ("--", "++", "@@")
            and not any(line[1:].startswith(start) for start in ALLOWED)]


@pytest.mark.parametrize("model", [pytest.param(m, marks=[pytest.mark.quick] if m == "corei7_skylake_x" else [])
                                   for m in MODELS])
def test_the_same_bare_and_virtualised(tmp_path, model):
    bare = trace(boot(tmp_path / "bare", "test=exits bare", model=model, processors=2))
    virtualised = trace(boot(tmp_path / "virtualised", "test=exits log=error", model=model, processors=2))
    assert len(bare) > 300
    assert differences(bare, virtualised) == []


@pytest.mark.quick
@pytest.mark.parametrize("mode", ("bare", ""))
def test_every_nmi_arrives_once(tmp_path, mode):
    run = expect_ok(boot(tmp_path, f"test=nmi {mode}", processors=2))
    assert [line for line in run.lines if line.startswith("nmi ")] == [
        f"nmi processor {number}: 200 of 200 arrived, counted 200" for number in range(2)]


@pytest.mark.quick
@pytest.mark.parametrize("mode", ("bare", ""))
def test_a_triple_fault_resets_the_machine(tmp_path, mode):
    run = boot(tmp_path, f"test=triple {mode}", processors=2, extra=["cpu: reset_on_triple_fault=1"])
    assert "@@ triple fault" in run.serial
    assert run.reason == "reset" and not run.vmx_failures and not run.panics, run.tail()
