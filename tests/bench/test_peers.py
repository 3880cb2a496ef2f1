# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The harness that measures other hypervisors: it agrees with our own measurement, and runs KVM."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
PEERS = ROOT / "bench" / "peers"
sys.path.insert(0, str(ROOT / "bench"))

import bench  # noqa: E402
from emulator import product  # noqa: E402
from emulator.bochs import Run  # noqa: E402
from emulator.debugger import Stop  # noqa: E402
from peers import builds, figures, measure, runs, table  # noqa: E402

GUESTS_OWN = 2  # of the trace's instructions, besides CPUID itself: two XORs before it

pytestmark = pytest.mark.xdist_group("peers")


@pytest.fixture(scope="module")
def ours(tmp_path_factory) -> dict:
    return figures.report("Nadir", runs.multiboot(tmp_path_factory.mktemp("nadir"), product.bare_kernel(), "log=error"))


def test_ours_agrees_with_our_own_measurement(ours):
    """Another guest, another loop, another boot: the same number."""
    own = bench.measure(product.bare_kernel())["figures"]
    for kind in ("cpuid_leaf_0", "cpuid_leaf_1", "xsetbv"):
        assert ours["instructions"][kind] == own[kind]


def test_the_trace_agrees_with_the_counter(tmp_path, ours):
    run = runs.multiboot(tmp_path, product.bare_kernel(), "log=error")
    assert figures.trace(run.debugger).instructions == ours["instructions"]["cpuid_leaf_0"] + GUESTS_OWN
    assert ours["cpuid_vmwrites"] == 1 <= ours["cpuid_vmreads"]


def test_ours_keeps_all_state(ours):
    assert ours["checks"] == {name: "right" for name in table.CHECKS}
    assert ours["faults"] == {"vmcall_unknown": 6}


def test_ours_has_no_optional_exit(ours):
    for kind in ("rdmsr_apic_base", "rdmsr_vmx_basic", "mov_to_cr0", "mov_to_cr4", "in_port_80"):
        assert ours["instructions"][kind] == 1, kind


def test_kvm(tmp_path):
    """Not an exact number: it is the kernel's, which is updated without us."""
    run = runs.kvm(tmp_path, mitigations=False)
    kvm = figures.report("KVM", run)
    assert run.reason == "poweroff", run.tail()
    assert kvm["signature"].startswith("KVMKVMKVM")
    assert set(kvm["instructions"]) == set(table.KINDS) - {"xsetbv"}  # the emulator's XSAVE isn't to Linux's liking
    assert all(100 < value < 10_000 for value in kvm["instructions"].values()), kvm["instructions"]
    assert kvm["instructions"]["in_port_80"] > 2 * kvm["instructions"]["cpuid_leaf_0"]  # by way of a program
    assert set(kvm["checks"].values()) == {"right"}
    assert figures.trace(run.debugger).instructions == kvm["instructions"]["cpuid_leaf_0"] + GUESTS_OWN


def test_the_uefi_application_and_its_disk(tmp_path):
    """Booting firmware takes too long for every day; what is ours of it is made."""
    application = builds.efi_application()
    disk = runs.disk(tmp_path / "disk", {"EFI/BOOT/BOOTX64.EFI": application, "peer/image.efi": application})
    listed = subprocess.run(["mdir", "-/", "-b", "-i", disk, "::"], capture_output=True, text=True, check=True).stdout
    assert sorted(listed.lower().split()) == ["::/efi/", "::/efi/boot/", "::/efi/boot/bootx64.efi", "::/peer/", "::/peer/image.efi"]
    assert b"\\\0p\0e\0e\0r\0\\\0i\0m\0a\0g\0e\0.\0e\0f\0i\0" in application.read_bytes()


# --- What a run may come to, without running.

PRINTED = """\
@@ peers phase bare
@@ peers without cpuid_leaf_0 4 4 4
@@ peers with cpuid_leaf_0 5 5 5
@@ peers end
@@ peers starting
@@ peers started {status}
@@ peers start_ticks 12345
@@ peers phase virtualised
@@ peers signature SomebodyElse
@@ peers without cpuid_leaf_0 4 4 4
@@ peers with cpuid_leaf_0 104 2104 104
@@ peers without vmcall_unknown 6 6 6
@@ peers with vmcall_unknown 206 206 206
@@ peers fault vmcall_unknown 6
@@ peers check single_step wrong
@@ peers trying invalid_xsetbv
"""

TRACE = """\
(0) Magic breakpoint
(0) Caught VMEXIT breakpoint
trace on
(0).[10] [0x000000001000] 0010:ffffffff00001000 (unk. ctxt): vmread rax, rcx              ; 0f78c8
(0).[11] [0x000000001003] 0010:ffffffff00001003 (unk. ctxt): hlt                          ; f4
(0).[12] [0x000000001004] 0010:ffffffff00001004 (unk. ctxt): vmresume                     ; 0f01c3
(0) Caught VMEXIT breakpoint
(0).[13] [0x000000001000] 0010:ffffffff00001000 (unk. ctxt): vmread rax, rcx              ; 0f78c8
(0).[14] [0x000000001003] 0010:ffffffff00001003 (unk. ctxt): vmresume                     ; 0f01c3
(0) Caught VMEXIT breakpoint
(0).[15] [0x000000001000] 0010:ffffffff00001000 (unk. ctxt): vmwrite rax, rcx             ; 0f79c8
(0).[16] [0x000000001003] 0010:ffffffff00001003 (unk. ctxt): vmresume                     ; 0f01c3
(0) Caught VMEXIT breakpoint
trace off
Tracing disabled for CPU0
c
(0).[99] [0x000000001003] 0010:ffffffff00001003 (unk. ctxt): vmresume                     ; 0f01c3
"""


def run_of(serial: str, in_guest: bool = True, debugger: str = TRACE) -> Run:
    stop = Stop(0, "Magic breakpoint", {0: {"VMX.in_vmx_guest": str(in_guest).lower()}})
    return Run(reason="panic", seconds=1, directory=Path("."), serial=serial, serial2="", log="", debugger=debugger,
               exit_status=1, stops=[stop])


def test_a_report():
    report = figures.report("somebody", run_of(PRINTED.format(status=0)))
    assert report["instructions"] == {"cpuid_leaf_0": 100, "vmcall_unknown": 200}
    assert report["spread"]["cpuid_leaf_0"] == (100, 2100)
    assert report["checks"] == {"single_step": "wrong", "invalid_xsetbv": figures.ENDED}
    # The first of the shortest; where the emulator ended belongs to none.
    assert (report["cpuid_vmreads"], report["cpuid_vmwrites"]) == (1, 0)
    assert report["start"] == 12345
    shown = table.markdown([report])
    assert "| VMCALL that nobody knows | 200 (fault 6) |" in shown
    assert "| CPUID leaf 0 | 100 |" in shown and "| start of its image | 12,345 |" in shown


def test_a_kind_that_ended_the_machine():
    report = figures.report("somebody", run_of(PRINTED.format(status=0).partition("@@ peers with vmcall")[0]))
    assert "| VMCALL that nobody knows | ended the machine |" in table.markdown([report])


def test_a_peer_that_did_not_start():
    with pytest.raises(figures.Incomplete, match="no hypervisor is underneath; its image returned UEFI error 14"):
        figures.report("somebody", run_of(PRINTED.format(status=14), in_guest=False))
    with pytest.raises(figures.Incomplete, match="didn't begin to measure"):
        figures.report("somebody", run_of(PRINTED.partition("@@ peers started")[0]))
    with pytest.raises(figures.Incomplete, match="LoadImage returned error 2"):
        figures.report("somebody", run_of("@@ peers trouble: LoadImage returned error 2\n"))


def test_what_ended_the_machine_hides_no_check(tmp_path, monkeypatch):
    """The second run takes the two dangerous checks in the other order."""
    second = PRINTED.format(status=0).replace("trying invalid_xsetbv", "trying wrap_at_4_gib\n@@ peers check wrap_at_4_gib wrong\n"
                                              "@@ peers trying invalid_xsetbv")
    monkeypatch.setattr(runs, "efi", lambda *words: run_of(second if words[-1] else PRINTED.format(status=0)))
    options = SimpleNamespace(image=Path("peer.efi"), beside=[], model="", timeout=1, name=None)
    checks = measure.efi(options, tmp_path)["checks"]
    assert checks == {"single_step": "wrong", "invalid_xsetbv": figures.ENDED, "wrap_at_4_gib": "wrong"}


def command(*words: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([PEERS / "measure.py", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL)


def test_the_command_refuses_what_it_cannot_do(tmp_path):
    done = command("efi", tmp_path / "nothing.efi")
    assert done.returncode == 2 and "nothing.efi isn't a file" in done.stderr
    done = command("efi", PEERS.parent / "README.md")
    assert done.returncode == 2 and "README.md isn't a Windows or UEFI image" in done.stderr
    (tmp_path / "other.json").write_text("{}")
    done = command("table", tmp_path / "other.json")
    assert done.returncode == 2 and "isn't a file that --json wrote" in done.stderr


def test_the_command_says_why_there_are_no_figures():
    """A kernel that boots and measures by itself has nothing underneath."""
    done = command("nadir", "--image", builds.multiboot_kernel())
    assert done.returncode == 1 and "no hypervisor is underneath" in done.stderr
