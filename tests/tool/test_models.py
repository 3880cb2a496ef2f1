# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Every processor model of the emulator is asked for its capabilities, and judged.

The answers are in tool/models/, too, so that a change of the emulator, or of what is asked, shows. To write them anew:
NADIR_WRITE_MODELS=1 ./test tool
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from emulator import bochs, fastboot

pytestmark = pytest.mark.quick

MODELS = Path(__file__).resolve().parents[2] / "tool" / "models"
EVERY_MODEL = (*bochs.MODELS_WITH_EPT, *bochs.MODELS_WITHOUT_EPT, *bochs.MODELS_WITHOUT_VMX)
LICENCE = '{ "SPDX-License-Identifier": "MIT OR GPL-2.0-only",'  # JSON has no comments
LEAVES_WITH_SUBLEAVES = (0x7, 0xD)

# What the emulator's models lack, by the rules of check/support_rules.cpp; the BIOS leaves IA32_FEATURE_CONTROL unlocked.
REFUSALS = {
    "core2_penryn_t9600": {"control-missing"},
    "p4_prescott_celeron_336": {"no-vmx"},
    "ryzen": {"no-vmx-on-amd"},
}


@pytest.fixture(scope="module")
def binary(build: Path) -> Path:
    return build / "tool" / "nadir"


def asked(model: str, build: Path, directory: Path) -> dict:
    """The document that `nadir caps --json` would have written there, without the judgement."""
    machine = bochs.Machine(model=model, memory_mib=64, ignore_bad_msrs=False)
    machine = fastboot.multiboot(machine, directory, build / "tests" / "tool" / "nadir_capability_reader")
    run = machine.run(timeout=30, directory=directory)
    # Without an interrupt table a fault would have ended in a triple fault.
    assert run.reason == "shutdown" and run.lines[-1] == "end", run.serial
    cpuid, msr = {}, {}
    for line in run.lines:
        what, *numbers = line.split()
        values = [int(number, 16) for number in numbers]
        if what == "cpuid":
            leaf, subleaf, *registers = values
            name = f"{leaf:#x}.{subleaf}" if leaf in LEAVES_WITH_SUBLEAVES else f"{leaf:#x}"
            cpuid[name] = [f"{value:#x}" for value in registers]
        elif what == "msr":
            msr[f"{values[0]:#x}"] = f"{values[1]:#x}"
    capabilities = {"cpuid": cpuid, "msr": msr, "cr0": None, "cr4": None}
    return {"format": 1, "processors": [{"numbers": [0], "name": f"Bochs 2.7, {model}", "source": "tests/tool/reader",
                                         "capabilities": capabilities}]}


def caps(binary: Path, file: Path) -> tuple[int, dict]:
    done = subprocess.run([binary, "caps", "--json", "--from", file], capture_output=True, text=True, timeout=60)
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_no_msr_faults_and_the_answers_are_those_of_the_corpus(model, build, tmp_path):
    document = asked(model, build, tmp_path)
    file = MODELS / f"{model}.json"
    if os.environ.get("NADIR_WRITE_MODELS"):
        file.parent.mkdir(exist_ok=True)
        file.write_text(LICENCE + json.dumps(document, indent=1).removeprefix("{") + "\n")
    stored = json.loads(file.read_text())
    assert document == {key: value for key, value in stored.items() if not key.startswith("SPDX")}


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_judged_from_a_file(model, binary):
    status, judged = caps(binary, MODELS / f"{model}.json")
    kind = judged["processors"][0]
    refusals = {finding["rule"] for finding in kind["findings"] if finding["severity"] == "refuse"}
    assert refusals == REFUSALS.get(model, set())
    # CR0 and CR4 aren't in the files, so nothing is certain where nothing refuses.
    assert (status, judged["verdict"]) == ((1, "unsupported") if refusals else (7, "unknown"))


def test_what_each_model_refuses_is_named(binary):
    _, judged = caps(binary, MODELS / "core2_penryn_t9600.json")
    missing = {finding["item"] for finding in judged["processors"][0]["findings"] if finding["severity"] == "refuse"}
    assert "enable EPT" in missing or "activate secondary controls" in missing


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_known_controls_agree_with_the_msrs(model, binary):
    """The table of controls, computed here again from the raw MSRs."""
    _, judged = caps(binary, MODELS / f"{model}.json")
    kind = judged["processors"][0]
    msr = {int(index, 16): int(value, 16) for index, value in kind["capabilities"]["msr"].items()}
    true = msr.get(0x480, 0) >> 55 & 1
    of_group = {"primary processor-based VM-execution control": 0x48E if true else 0x482,
                "secondary processor-based VM-execution control": 0x48B,
                "primary VM-exit control": 0x48F if true else 0x483,
                "VM-entry control": 0x490 if true else 0x484}
    for control in kind["controls"]:
        expected = None if 0x480 not in msr else bool(msr.get(of_group[control["group"]], 0) >> (32 + control["bit"]) & 1)
        assert control["offered"] == expected, control
