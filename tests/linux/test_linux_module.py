# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""nadir.ko as a file: what it is made of and what it asks of the kernel. No boot."""

import re
import subprocess

import pytest

from emulator import debian, product
from emulator.places import ROOT

pytestmark = [pytest.mark.quick, pytest.mark.xdist_group("linux-module")]

VERSION = (ROOT / "version.txt").read_text().split()[0]
CORE_FOLDERS = ("base", "control", "check", "core", "cpu")
HOST_FUNCTIONS = {f"nadir_host_{name}" for name in (
    "allocate", "free", "physical", "processor_count", "run_on", "image", "print")}


@pytest.fixture(scope="module")
def module():
    return product.module()


@pytest.fixture(scope="module")
def core_objects(module):
    found = [path for folder in CORE_FOLDERS for path in (module.parent / folder).rglob("*.o")]
    # Objects of sources that are gone may be left of an earlier build.
    current = (module.parent / "nadir.mod").read_text().split()
    return [path for path in found if str(path) in current or str(path.relative_to(module.parent)) in current]


def run(*command):
    return subprocess.run([str(word) for word in command], check=True, capture_output=True, text=True).stdout


def symbols(objects, *options):
    return {line.split()[-1] for line in run("nm", *options, *objects).splitlines() if line and not line.endswith(":")}


def test_core_asks_nothing_but_the_seam(core_objects):
    """Root mode runs this code where the kernel's functions, thunks among them, aren't mapped."""
    assert len(core_objects) > 20
    foreign = symbols(core_objects, "--undefined-only") - symbols(core_objects, "--defined-only", "--extern-only")
    assert foreign <= HOST_FUNCTIONS


def test_core_has_no_data_of_its_own(core_objects):
    for path in core_objects:
        for line in run("objdump", "-h", path).splitlines():
            match = re.match(r"\s*\d+ (\S+)\s+([0-9a-f]+)", line)
            if match and int(match[2], 16):
                assert not re.match(r"\.(data|bss|init_array|ctors|tbss|tdata|eh_frame)", match[1]), (path.name, match[1])


def test_core_uses_no_vector_registers(core_objects):
    for path in core_objects:
        assert not re.search(r"%[xyz]mm\d", run("objdump", "-d", "--no-show-raw-insn", path)), path.name


def test_only_exported_symbols(module):
    """The kernel refuses to load it otherwise; this says it before a boot does."""
    exported = {line.split("\t")[1] for line in (debian.headers() / "Module.symvers").read_text().splitlines()}
    assert symbols([module], "--undefined-only") <= exported
    assert not any("kallsyms" in name for name in symbols([module]))


def test_what_it_says_of_itself(module):
    text = run("modinfo", module)
    assert re.search(r"^license:\s+Dual MIT/GPL$", text, re.MULTILINE)
    assert re.search(r"^description:\s+\S", text, re.MULTILINE)
    assert re.search(rf"^version:\s+{re.escape(VERSION)}$", text, re.MULTILINE)
    assert re.search(r"^depends:\s*$", text, re.MULTILINE)
    assert re.search(r"^retpoline:\s+Y$", text, re.MULTILINE)
