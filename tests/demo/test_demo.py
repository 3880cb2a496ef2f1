# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""./demo: it succeeds, and where something isn't observed it names it and fails."""

import re
import subprocess

import pytest

DEMO = ["./demo"]


def demo(root, *words, timeout=600):
    return subprocess.run([*DEMO, *words], cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=timeout)


# They share build/demo, so one after the other.
pytestmark = pytest.mark.xdist_group("demo")


@pytest.mark.quick
def test_everything_is_observed(root):
    done = demo(root)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^All \d+ claims were observed", done.stdout, re.MULTILINE)
    for row in ("in VMX non-root operation (debugger)", "to enter, instructions", "to leave, instructions", "VM exits",
                "  CPUID", "memory used:"):
        assert row in done.stdout, f"the closing table lacks {row!r}\n{done.stdout}"
    assert "NO " not in done.stdout


def test_with_the_kernels_defaults_through_grub(root):
    done = demo(root, "--grub", "--processors", "1")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("processors, model", [("4", "corei7_haswell_4770"), ("1", "tigerlake")])
def test_other_machines(root, processors, model):
    done = demo(root, "--processors", processors, "--model", model)
    assert done.returncode == 0, done.stdout
    seen = re.findall(r"yes  the emulator's debugger: processor (\d) was outside .* in VMX non-root", done.stdout)
    assert seen == [str(n) for n in range(int(processors))]


def test_verbose_shows_the_console(root):
    done = demo(root, "--verbose", "--workload-only", "--processors", "1")
    assert done.returncode == 0, done.stdout
    assert "| @@ check cpuid ok" in done.stdout


def test_a_processor_without_ept_is_reported(root):
    done = demo(root, "--model", "core2_penryn_t9600", "--processors", "1")
    assert done.returncode == 1, done.stdout
    missing = done.stdout.split("claims were not observed:")[1]
    assert "nadir on succeeds" in missing
    assert "the workload passes afterwards" not in missing
    assert "--- console, last" in done.stdout and "--- emulator log, last" in done.stdout
