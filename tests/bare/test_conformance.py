# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The conformance kernel (tests/guest/conformance) prints the same on the bare emulator and under nadir.elf."""

import pytest

from emulator import grub, product
from emulator.bochs import Machine

from . import comparison
from .host import ALL_MODELS, expect_ok, guest, matching, processors_in_guest

QUICK = "corei7_skylake_x", 2

# Intended differences: a pair of prefixes of lines, each with its reason.
ALLOWED: dict[str, str] = {}


# nadir.elf takes the top of memory: the kernel is to lie at the same place with it and without.
PLACE = "below=64"


def image(line):
    return comparison.Image(guest("conformance.elf"), f"{PLACE} {line}")


def bare(directory, line, **settings):
    return comparison.bare(directory, image(line), **settings)


def virtualised(directory, line, log="error", **settings):
    return comparison.virtualised(directory, image(line), f"log={log}", **settings)


def trace(run):
    return [line for line in expect_ok(run).lines if line.startswith("exits ")]


def differences(bare_lines, virtualised_lines):
    return [line for line in comparison.differences(bare_lines, virtualised_lines)
            if not any(line[1:].startswith(start) for start in ALLOWED)]


@pytest.mark.parametrize("model, processors", [
    pytest.param(model, processors, marks=[pytest.mark.quick] if (model, processors) == QUICK else [])
    for model in ALL_MODELS for processors in (1, 2)] + [("corei7_sandy_bridge_2600k", 4), ("tigerlake", 4)])
def test_the_same_trace(tmp_path, model, processors):
    one = bare(tmp_path, "trace", model=model, processors=processors)
    other = virtualised(tmp_path, "trace", model=model, processors=processors)
    assert processors_in_guest(one) == [] and processors_in_guest(other) == list(range(processors))
    assert len(trace(one)) > 300 * processors
    assert differences(trace(one), trace(other)) == []


def test_the_same_trace_from_grub(tmp_path):
    files = {"nadir.elf": product.bare_kernel(), "conformance": guest("conformance.elf")}
    traces = []
    for name, menu in (("bare", f"multiboot /conformance {PLACE} trace"),
                       ("virtualised", f"multiboot /nadir.elf log=error\nmodule /conformance {PLACE} trace")):
        machine = Machine(processors=2, memory_mib=128, ignore_bad_msrs=False)
        machine = grub.boot(machine, tmp_path / name, grub.entry(menu), files)
        traces.append(trace(machine.run(timeout=120, directory=tmp_path / name)))
    assert len(traces[0]) > 600
    assert differences(*traces) == []


@pytest.mark.quick
@pytest.mark.parametrize("run", (bare, virtualised))
def test_every_nmi_arrives_once(tmp_path, run):
    done = expect_ok(run(tmp_path, "nmi", processors=2))
    assert matching(done, "nmi ") == [f"nmi processor {number}: 200 of 200 arrived, counted 200" for number in range(2)]


@pytest.mark.quick
@pytest.mark.parametrize("run", (bare, virtualised))
def test_a_triple_fault_resets_the_machine(tmp_path, run):
    done = run(tmp_path, "triple", processors=2, extra=["cpu: reset_on_triple_fault=1"])
    assert "@@ triple fault" in done.serial
    assert done.reason == "reset" and not done.vmx_failures and not done.panics, done.tail()


@pytest.mark.quick
@pytest.mark.parametrize("line", ("", "tracery", "trace trace", "trace seed=x", "trace seed"))
def test_a_wrong_command_line(tmp_path, line):
    done = bare(tmp_path, line)
    assert "@@ result fail: give a part" in done.serial
