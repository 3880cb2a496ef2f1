# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir explain` and `nadir diff` as built, on dumps out of public reports: what it finds is what the people there found."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.quick

DUMPS = Path(__file__).parent / "dumps"
SUCCESS, VIOLATED, USAGE, UNKNOWN = 0, 1, 2, 7


@pytest.fixture(scope="module")
def nadir(build: Path):
    binary = build / "tool" / "nadir"

    def run(*words: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run([binary, *words], input=text, capture_output=True, text=True, timeout=60)

    return run


def explained(nadir, name: str, *words: str) -> tuple[int, dict]:
    done = nadir("explain", DUMPS / name, "--json", *words)
    return done.returncode, json.loads(done.stdout)


def rules(document: dict) -> set[str]:
    return {violation["rule"] for violation in document["violations"]}


@pytest.mark.parametrize(("name", "outcome", "agreement", "violated"), [
    # Blocking by STI with interrupts off: the kernel took SMIs in the shadow of STI.
    ("kvm_5.15_sti_shadow.txt", "exit-33", "agrees", {"guest.interruptibility.sti-needs-if"}),
    # TR that isn't usable, and an interrupt injected with IF = 0. (GDTR's base is wrong where addresses have 48 bits.)
    ("kvm_wrapped_many.txt", "exit-33", "agrees",
     {"guest.tr.type", "guest.tr.present", "guest.tr.granularity", "guest.tr.usable", "guest.rflags.if"}),
    # "DS is illegal ... ES is also illegal, for the same reason"
    ("kvm_quoted_accessed.txt", "exit-33", "nothing-recorded", {"guest.ds.accessed", "guest.es.accessed"}),
    # "The IF flag must be 1 if ... external interrupt"
    ("kvm_4_smm_injection.txt", "exit-33", "nothing-recorded", {"guest.rflags.if"}),
    # Bit 63 of CR3
    ("xen_cr3.txt", "exit-33", "agrees", {"guest.cr3"}),
])
def test_what_people_found(nadir, name, outcome, agreement, violated):
    status, document = explained(nadir, name)
    assert status == VIOLATED
    assert (document["outcome"], document["agreement"]) == (outcome, agreement)
    assert rules(document) == violated
    assert not document["problems"]


@pytest.mark.parametrize("name", ["kvm_5.7_no_failure.txt", "kvm_6_running.txt", "xen_3.3_format.txt"])
def test_nothing_is_found_where_nothing_is_wrong(nadir, name):
    status, document = explained(nadir, name)
    assert status == UNKNOWN and not document["violations"] and document["agreement"] == "nothing-recorded"


def test_error_7_needs_the_processor(nadir):
    """A #GP injected without its error code: allowed by newer processors, so that the dump alone doesn't tell."""
    status, document = explained(nadir, "xen_4.12_error_7.txt")
    assert status == UNKNOWN and document["agreement"] == "not-found"
    unchecked = {rule["rule"]: rule for rule in document["unchecked"]}
    assert unchecked["injection.error-code.missing"]["needs_capabilities"]
    # It is named without --verbose, too, as something must have failed.
    assert "injection.error-code.missing" in nadir("explain", DUMPS / "xen_4.12_error_7.txt").stdout
    status, document = explained(nadir, "xen_4.12_error_7.txt", "--model", "broadwell_ult")
    assert status == VIOLATED and document["agreement"] == "agrees"
    assert "injection.error-code.missing" in rules(document)


def test_model_adds_what_depends_on_the_processor(nadir):
    _, document = explained(nadir, "kvm_wrapped_many.txt", "--model", "corei7_icelake_u")
    assert "guest.gdtr.base" in rules(document)


def test_from_standard_input_and_by_number(nadir):
    text = (DUMPS / "kvm_6_running.txt").read_text() + (DUMPS / "kvm_5.15_sti_shadow.txt").read_text()
    assert nadir("explain", "-", text=text).returncode == UNKNOWN
    second = nadir("explain", "-", "--number", "2", text=text)
    assert second.returncode == VIOLATED
    assert "guest.interruptibility.sti-needs-if" in second.stdout and "dump 2 of 2" in second.stdout


def linux_fields() -> dict[str, int]:
    """The VMCS fields of the installed kernel headers, by their names there."""
    headers = sorted(Path("/usr/src").glob("linux-headers-*-common/arch/x86/include/asm/vmx.h"))
    assert headers, "the headers of linux-headers-cloud-amd64 are missing (./test installs them)"
    text = headers[-1].read_text()
    body = text[text.index("enum vmcs_field {"):]
    found = re.findall(r"^\s*(\w+)\s*=\s*(0x[0-9a-f]+),", body[:body.index("};")], re.MULTILINE)
    return {name: int(number, 16) for name, number in found}


def test_names_of_linux(nadir, tmp_path):
    fields = linux_fields()
    assert len(fields) > 150
    halves = {name for name in fields if name.endswith("_HIGH")}
    by_name, by_encoding = [], []
    for position, (name, encoding) in enumerate(sorted(fields.items())):
        # Another value for each; those of 64-bit fields fit their lower half.
        by_name.append(f"{name} = {position + 1:#x}")
        by_encoding.append(f"{encoding:#06x} = {position + 1:#x}")
    (tmp_path / "names").write_text("\n".join(by_name))
    (tmp_path / "encodings").write_text("\n".join(by_encoding))
    done = nadir("diff", "--json", tmp_path / "names", tmp_path / "encodings")
    assert done.returncode == SUCCESS, done.stdout
    assert json.loads(done.stdout)["same"] == len(fields) - len(halves)


def test_another_format_than_it_is(nadir):
    done = nadir("explain", "--format", "xen", DUMPS / "kvm_6_running.txt")
    assert done.returncode == USAGE
    assert "this is a VMCS dump of Linux KVM, not what --format says" in done.stderr
    assert nadir("explain", "--format", "kvm", DUMPS / "kvm_6_running.txt").returncode == UNKNOWN


def test_a_remark_is_no_recorded_failure(nadir):
    text = "# no hardware error 0x80000021 any more\n" + (DUMPS / "kvm_6_running.txt").read_text()
    done = nadir("explain", "-", text=text)
    assert done.returncode == UNKNOWN and "recorded" not in done.stdout


def test_a_stand_in_that_lacks_what_the_processor_has(nadir):
    """The model has no posted interrupts; the recorded failure is of the guest's state, so the real one has."""
    status, document = explained(nadir, "kvm_5.15_sti_shadow.txt", "--model", "corei7_skylake_x")
    assert (status, document["outcome"], document["agreement"]) == (VIOLATED, "exit-33", "agrees")
    assert rules(document) == {"guest.interruptibility.sti-needs-if"}
    assert {one["rule"] for one in document["disproved"]} == {"control.pin.reserved"}
    words = nadir("explain", DUMPS / "kvm_5.15_sti_shadow.txt", "--model", "corei7_skylake_x").stdout
    assert "Set aside: 1 more violated rule by these capabilities" in words
    assert "  control.pin.reserved: posted_interrupts" in words
    # A rule that holds on every processor is no matter of the capabilities: it stays.
    text = (DUMPS / "kvm_5.15_sti_shadow.txt").read_text().replace("PinBased=000000ff", "PinBased=000000f7")
    assert text != (DUMPS / "kvm_5.15_sti_shadow.txt").read_text()
    done = nadir("explain", "--json", "--model", "corei7_skylake_x", "-", text=text)
    assert "control.virtual-nmis-need-nmi-exiting" in rules(json.loads(done.stdout))
