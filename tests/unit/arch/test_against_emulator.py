# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""arch/ against what the emulator says about its processor models: an oracle that nobody here wrote.

What it says by itself takes a tenth of a second per model, so all its Intel models are asked; the VMCS fields are asked of
those with VMX that the other tests use.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest

import emulator_answers
import emulator_names as names
from emulator import bochs

MODELS_WITH_VMX = (*bochs.MODELS_WITH_EPT, *bochs.MODELS_WITHOUT_EPT)
RECORDED_MODELS = (*MODELS_WITH_VMX, "p4_prescott_celeron_336")
OLDER_MODELS = ("pentium", "pentium_mmx", "p2_klamath", "p3_katmai", "p4_willamette", "core_duo_t2400_yonah", "atom_n270",
                "corei5_lynnfield_750", "corei5_arrandale_m520")
INTEL_MODELS = (*OLDER_MODELS, *RECORDED_MODELS)

# The capability MSR of each vector of controls, and the one without the TRUE settings.
CONTROL_MSRS = {"pin_controls": (0x48D, 0x481), "primary_controls": (0x48E, 0x482), "secondary_controls": (0x48B, 0x48B),
                "exit_controls": (0x48F, 0x483), "entry_controls": (0x490, 0x484)}
CR0_FIXED1 = 0x487  # all 32 bits: it says nothing about what they are

pytestmark = [
    pytest.mark.skipif(shutil.which("bochs-bin", path=os.environ.get("PATH", "") + ":/usr/bin") is None,
                       reason="the emulator isn't installed (package bochs)"),
    pytest.mark.xdist_group("arch_emulator"),
]


@pytest.fixture(scope="module")
def ours(root, tmp_path_factory) -> dict:
    program = tmp_path_factory.mktemp("arch") / "dump_definitions"
    subprocess.run([compiler(), "-std=c++20", "-x", "c++", f"-I{root}", "-o", program,
                    root / "tests/unit/arch/dump_definitions.cxx"], check=True, timeout=300)
    return json.loads(subprocess.run([program], check=True, capture_output=True, text=True, timeout=60).stdout)


def compiler() -> str:
    return os.environ.get("CXX") or shutil.which("g++") or shutil.which("clang++-16")


@pytest.fixture(scope="module")
def definitions(ours) -> dict[str, dict]:
    return {definition["name"]: definition for definition in ours["definitions"]}


@pytest.fixture(scope="module")
def leaves(ours) -> dict[tuple[int, int, str], dict[str, tuple[int, int]]]:
    """The fields of each CPUID register by leaf, sub-leaf and register."""
    return {(entry["number"], entry["sub_leaf"], emulator_answers.REGISTERS[entry["output"]]): entry["fields"]
            for entry in ours["definitions"] if entry["kind"] == "CPUID leaf"}


@pytest.fixture(scope="module")
def recorded(root) -> dict[str, emulator_answers.Recorded]:
    return {model: emulator_answers.recorded(root / "tool/models", model) for model in RECORDED_MODELS}


@pytest.fixture(scope="module")
def announced(tmp_path_factory) -> dict[str, emulator_answers.Announced]:
    directory = tmp_path_factory.mktemp("announced")
    return {model: emulator_answers.announced(model, directory / model) for model in INTEL_MODELS}


@pytest.fixture(scope="module")
def answers(announced, recorded) -> dict[str, dict[tuple[int, int, str], int]]:
    """All that is known about what CPUID returns."""
    return {model: announced[model].cpuid | (recorded[model].cpuid if model in recorded else {}) for model in INTEL_MODELS}


@pytest.fixture(scope="module")
def vmcs(root, tmp_path_factory) -> dict[str, dict[int, int]]:
    directory = tmp_path_factory.mktemp("vmcs")
    prober = emulator_answers.build("vmcs_fields", root, compiler(), directory)
    return {model: emulator_answers.vmcs_fields(model, prober, directory / model) for model in MODELS_WITH_VMX}


def mask(fields: dict[str, tuple[int, int]]) -> int:
    return sum(((1 << (high - low + 1)) - 1) << low for high, low in fields.values())


def has(values: dict, leaves: dict, feature: tuple[int, int, str, str]) -> bool:
    """Does a model's CPUID show this feature, where our definitions have it?"""
    *place, name = feature
    return bool(values.get(tuple(place), 0) >> leaves[tuple(place)][name][1] & 1)


def may_be_1(answer: emulator_answers.Recorded, definitions: dict, vector: str, control: str) -> bool:
    true, plain = CONTROL_MSRS[vector]
    return bool(answer.msr.get(true, answer.msr.get(plain, 0)) >> (32 + definitions[vector]["fields"][control][1]) & 1)


def test_what_it_logs_is_what_a_program_gets(announced, recorded):
    for model in RECORDED_MODELS:
        logged, asked = announced[model].cpuid, recorded[model].cpuid
        common = logged.keys() & asked.keys()
        assert len(common) >= 12, model
        for place in common:
            by_mode = names.IN_64_BIT_MODE.get(place, 0)  # it logs before it runs, the program asks in 64-bit mode
            assert logged[place] | by_mode == asked[place] | by_mode, (model, place)


def test_every_announced_feature_is_known(announced):
    for model in INTEL_MODELS:
        assert announced[model].features <= names.FEATURES.keys() | names.WITHOUT_BIT, model


@pytest.mark.parametrize("feature", sorted(names.FEATURES))
def test_a_feature_is_announced_exactly_if_its_cpuid_bit_is_set(feature, announced, answers, leaves):
    compared, wrong = 0, {}
    for model in INTEL_MODELS:
        for bit in names.FEATURES[feature]:
            if bit[1] != 0 and bit[:3] not in answers[model]:
                continue  # the log has no sub-leaves
            compared += 1
            if has(answers[model], leaves, bit) != (feature in announced[model].features) \
                    and (model, bit[3]) not in names.DIFFERENT_ANSWERS:
                wrong[model] = bit
    assert not wrong
    assert compared >= len(MODELS_WITH_VMX)


def test_every_cpuid_bit_has_a_name(answers, leaves):
    for model in INTEL_MODELS:
        for (leaf, sub_leaf, register), value in answers[model].items():
            if value == 0 or leaf in names.LEAVES_WITHOUT_DEFINITION:
                continue
            assert (leaf, sub_leaf, register) in leaves, (model, hex(leaf), sub_leaf, register)
            fields = leaves[leaf, sub_leaf, register]
            if fields:  # otherwise it is one number
                unnamed = value & ~mask(fields) & ~names.OBSOLETE.get((leaf, register), 0)
                assert unnamed == 0, (model, hex(leaf), sub_leaf, register, hex(unnamed))


def test_bits_beyond_the_list_of_features(answers, leaves):
    """A feature bit is one of the list's, or one of those that it is known to lack."""
    listed = {bit for bits in names.FEATURES.values() for bit in bits}
    for model in INTEL_MODELS:
        for place in ((1, 0, "ecx"), (1, 0, "edx"), (7, 0, "ebx"), (7, 0, "ecx"), (7, 0, "edx"), (0x80000001, 0, "ecx"),
                      (0x80000001, 0, "edx")):
            for name, (high, low) in leaves[place].items():
                if high == low and answers[model].get(place, 0) >> low & 1 and (*place, name) not in listed:
                    assert name in names.NOT_IN_THE_LIST[place[0], place[2]], (model, place, name)


@pytest.mark.parametrize("model", MODELS_WITH_VMX)
def test_every_bit_of_a_capability_msr_has_a_name(model, recorded, ours):
    fields_of = {entry["number"]: entry["fields"] for entry in ours["definitions"] if entry["kind"] == "MSR"}
    assert len(recorded[model].msr) >= 14
    for index, value in recorded[model].msr.items():
        if index != CR0_FIXED1:
            assert value & ~mask(fields_of[index]) == 0, (hex(index), hex(value))


@pytest.mark.parametrize("model", MODELS_WITH_VMX)
@pytest.mark.parametrize("vector", CONTROL_MSRS)
def test_control_capabilities(model, vector, recorded, definitions, ours):
    """What must be 1 may be 1; each control that may be 1 has a name, or is one of those that are always 1."""
    named = mask(definitions[vector]["fields"])
    default1 = ours["default1"].get(vector, 0)
    for index in CONTROL_MSRS[vector]:
        value = recorded[model].msr.get(index, 0)
        must, may = value & 0xFFFFFFFF, value >> 32
        assert must & ~may == 0
        assert may & ~(named | default1) == 0, hex(may & ~(named | default1))
        assert must & ~default1 == 0, hex(must & ~default1)
    plain = recorded[model].msr.get(CONTROL_MSRS[vector][1], 0)
    if vector != "secondary_controls":
        assert plain & 0xFFFFFFFF == default1, "without the TRUE settings exactly the default1 controls must be 1"


@pytest.mark.parametrize("field", sorted(names.CR4))
def test_cr4_allows_a_bit_exactly_if_the_feature_is_there(field, recorded, definitions, leaves):
    bit = definitions["cr4"]["fields"][field][1]
    for model in MODELS_WITH_VMX:
        allowed = bool(recorded[model].msr[0x489] >> bit & 1)
        assert allowed == has(recorded[model].cpuid, leaves, names.CR4[field]), model


@pytest.mark.parametrize("field", sorted(names.XCR0))
def test_xcr0_has_a_component_exactly_if_the_feature_is_there(field, recorded, definitions, leaves):
    assert leaves[0xD, 0, "eax"][field] == definitions["xcr0"]["fields"][field]
    for model in MODELS_WITH_VMX:
        shown = bool(recorded[model].cpuid.get((0xD, 0, "eax"), 0) >> definitions["xcr0"]["fields"][field][1] & 1)
        assert shown == has(recorded[model].cpuid, leaves, names.XCR0[field]), model


@pytest.mark.parametrize("control", sorted(names.CONTROLS_OF_FEATURES))
def test_a_control_is_offered_exactly_if_the_feature_is_there(control, recorded, definitions, leaves):
    for model in bochs.MODELS_WITH_EPT:
        offered = may_be_1(recorded[model], definitions, *control)
        assert offered == has(recorded[model].cpuid, leaves, names.CONTROLS_OF_FEATURES[control]), model


@pytest.mark.parametrize("control", sorted(names.CONTROLS_OF_FIELDS))
def test_a_control_is_offered_exactly_if_its_fields_are_there(control, recorded, vmcs, definitions):
    for model in MODELS_WITH_VMX:
        offered = may_be_1(recorded[model], definitions, *control)
        for field in names.CONTROLS_OF_FIELDS[control].split():
            assert (definitions[field]["number"] in vmcs[model]) == offered, (model, field)


def test_every_vmcs_field_of_it_is_known_and_as_wide(vmcs, ours):
    fields = {entry["number"]: entry for entry in ours["definitions"] if entry["kind"] == "VMCS field"}
    seen = set()
    for model in MODELS_WITH_VMX:
        assert len(vmcs[model]) > 130, model
        for encoding, ones in vmcs[model].items():
            upper_half = encoding >> 13 == 1 and encoding & 1
            field = fields[encoding & ~1 if upper_half else encoding]
            width = 32 if upper_half else field["bits"]
            assert ones in (0, (1 << width) - 1), (model, hex(encoding), field["name"], hex(ones))
            seen.add(field["name"])
    assert len(seen) > 155


def test_capabilities_that_follow_from_controls(recorded, definitions):
    """INVEPT and INVVPID are there with EPT and VPID; the walk of 4 levels always, of 5 with 57-bit addresses."""
    fields = definitions["ia32_vmx_ept_vpid_cap"]["fields"]

    def bit(model: str, name: str) -> bool:
        return bool(recorded[model].msr.get(0x48C, 0) >> fields[name][1] & 1)

    for model in MODELS_WITH_VMX:
        ept = may_be_1(recorded[model], definitions, "secondary_controls", "enable_ept")
        vpid = may_be_1(recorded[model], definitions, "secondary_controls", "enable_vpid")
        for name in ("invept", "walk_length_4", "memory_type_uc", "memory_type_wb", "page_2m", "invept_single_context"):
            assert bit(model, name) == ept, (model, name)
        for name in ("invvpid", "invvpid_single_context", "invvpid_all_context"):
            assert bit(model, name) == vpid, (model, name)
        assert not bit(model, "walk_length_5")


def test_exit_reasons(ours):
    def plain(name: str) -> str:
        return re.sub(r"[^a-z0-9]", "", name.lower())

    known = {number: plain(name) for name, number in ours["exit_reasons"].items()}
    words = emulator_answers.exit_reason_names("Exception or NMI", 74)
    compared = 0
    for number, theirs in enumerate(words):
        if theirs.startswith("Reserved"):
            assert known.get(number) in names.NEWER_EXIT_REASONS | {None}, number
        else:
            assert known[number] == names.EXIT_REASONS.get(plain(theirs), plain(theirs)), number
            compared += 1
    assert compared >= 65


@pytest.fixture(scope="module")
def register_bits(root, tmp_path_factory) -> dict:
    directory = tmp_path_factory.mktemp("registers")
    prober = emulator_answers.build("register_bits", root, compiler(), directory)
    return emulator_answers.register_bits("tigerlake", prober, directory / "run")


@pytest.mark.parametrize("register", sorted(names.REGISTERS))
def test_register_bits_have_the_names_that_the_debugger_gives_them(register, register_bits, definitions):
    ours, others = names.REGISTERS[register]
    fields = definitions[ours]["fields"]
    seen = set()
    for value, bits in register_bits[register]:
        for theirs, is_set in bits.items():
            name = others.get(theirs, theirs)
            if name is not None:
                high, low = fields[name]
                assert high == low and bool(value >> low & 1) == is_set, (hex(value), theirs)
                seen |= {name} if is_set else set()
    assert len(seen) >= names.BITS_SEEN[register], sorted(seen)
