# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""nadir.exe under Wine, without a driver: what it writes and how it exits is what the command does on Linux."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pefile
import pytest

from emulator import product
from emulator.places import ROOT
from windows import wine

pytestmark = pytest.mark.xdist_group("wine")

DUMPS = ROOT / "tests" / "tool" / "dumps"
NO_MODULE = 3
# What is part of every Windows.
SYSTEM_LIBRARIES = {"kernel32.dll", "advapi32.dll", "shell32.dll", "msvcrt.dll", "ntdll.dll", "user32.dll"}


@pytest.fixture(scope="module")
def session(prefix):
    with prefix.session("tool") as running:
        shutil.copytree(DUMPS, prefix.folder / "dumps")
        shutil.copy(ROOT / "tool" / "models" / "tigerlake.json", prefix.folder / "Müller λ.json")
        shutil.copy(DUMPS / "xen_cr3.txt", prefix.folder / "Überlauf λ.txt")
        (prefix.folder / "zeros").write_bytes(bytes(1 << 14))
        yield running


@pytest.fixture
def both(session, prefix, nadir_exe):
    """Runs the command here and under Wine, in one folder; what both did."""

    def run(*words: str, text: str = "") -> tuple[subprocess.CompletedProcess[str], subprocess.CompletedProcess[str]]:
        here = subprocess.run([product.tool(), *words], input=text.encode(), capture_output=True, cwd=prefix.folder, timeout=60)
        here.stdout, here.stderr = here.stdout.decode(), here.stderr.decode()
        return here, prefix.run(nadir_exe, *words, text=text)

    return run


@pytest.mark.parametrize("words", [
    ["--version"],
    ["decode", "cr4", "0x350ef8"],
    ["decode", "GUEST_CS_AR_BYTES", "0xa09b", "--json"],
    ["decode", "cpuid.7.0", "0", "0xf1bf07ab", "0x405fce", "0xbc000410"],
    ["decode", "exit_qualification.ept_violation", "181h"],
    ["decode", "gänsefuß", "1"],
    ["list", "smep", "guest"],
    ["list", "--kind", "paging", "--json"],
    ["list", "xyzzy"],
    ["list", "*.txt"],  # mingw's start-up code would make names of files of it
    ["explain", "dumps/kvm_5.15_sti_shadow.txt", "--verbose"],
    ["explain", "dumps/kvm_wrapped_many.txt", "--model", "corei7_icelake_u", "--json"],
    ["explain", "dumps/xen_4.12_error_7.txt"],
    ["explain", "Überlauf λ.txt"],
    ["explain", "Überlauf λ.txt", "--caps", "Müller λ.json", "--json"],
    ["explain", "kein λ.txt"],
    ["explain", "/no/option"],  # CLI11 would take it for one on Windows
    ["explain", "--error", "7", "--instruction", "VMLAUNCH"],
    ["explain", "--list-models"],
    ["explain"],
    ["diff", "dumps/kvm_6_running.txt", "dumps/kvm_5.7_no_failure.txt"],
    ["diff", "dumps/kvm_6_running.txt", "dumps/kvm_6_running.txt", "--json"],
    ["caps", "--from", "Müller λ.json"],
    ["caps", "--from", "kein λ.json"],
    ["caps", "--from", "dumps"],
    ["recorder", "--image", "zeros"],
    ["onn"],
    ["stats", "--cpu", "x"],
], ids=" ".join)
def test_the_same_as_on_linux(both, words):
    here, there = both(*words)
    assert (there.stdout, there.stderr) == (here.stdout, here.stderr)
    assert there.returncode == here.returncode


def test_help_names_what_windows_has(both):
    for words in (["--help"], ["explain", "--help"]):
        here, there = both(*words)
        assert there.stdout == here.stdout.replace("module", "driver") and there.returncode == 0
    _, there = both("caps", "--help")
    assert "administrator" in there.stdout and "nadir.sys" in there.stdout
    for word in ("root", "nadir.ko", "module"):
        assert word not in there.stdout


def test_standard_input_as_it_is(both):
    """Bytes that text mode would change: a line's end of Windows, and Ctrl-Z, which would end it."""
    text = (DUMPS / "kvm_6_running.txt").read_text().replace("\n", "\r\n", 5) + "\x1a\n" + \
        (DUMPS / "kvm_5.15_sti_shadow.txt").read_text()
    here, there = both("explain", "-", "--number", "2", text=text)
    assert (there.stdout, there.returncode) == (here.stdout, here.returncode)
    assert "dump 2 of 2" in there.stdout


def test_paths_of_windows(both, prefix, nadir_exe):
    here, there = both("explain", "dumps/xen_cr3.txt")
    for path in (r"dumps\xen_cr3.txt", wine.windows_path(prefix.folder / "dumps" / "xen_cr3.txt")):
        windows = prefix.run(nadir_exe, "explain", path)
        assert windows.stdout == here.stdout.replace("dumps/xen_cr3.txt", path)
        assert windows.returncode == there.returncode


def test_output_that_nobody_reads(session, prefix, nadir_exe):
    with prefix.start(nadir_exe, "list", "--json") as process:
        process.stdout.close()
        assert process.wait(wine.TIMEOUT) == 1


@pytest.mark.parametrize("words", [["status"], ["on"], ["off"], ["stats", "--json"], ["log"], ["recorder"], ["dump"]],
                         ids=" ".join)
def test_without_the_driver(session, prefix, nadir_exe, words):
    done = prefix.run(nadir_exe, *words)
    assert done.returncode == NO_MODULE and not done.stdout
    assert r"driver is not loaded: there is no \\.\Nadir" in done.stderr and "sc start nadir" in done.stderr
    for word in ("root", "sudo", "insmod", "/dev/nadir", "module"):
        assert word not in done.stderr


def test_one_file(nadir_exe):
    """Nothing of the compiler's has to lie beside it."""
    with pefile.PE(str(nadir_exe)) as image:
        imported = {entry.dll.decode().lower() for entry in image.DIRECTORY_ENTRY_IMPORT}
        assert imported <= SYSTEM_LIBRARIES, imported - SYSTEM_LIBRARIES
        assert image.OPTIONAL_HEADER.Subsystem == pefile.SUBSYSTEM_TYPE["IMAGE_SUBSYSTEM_WINDOWS_CUI"]
        assert image.FILE_HEADER.Machine == pefile.MACHINE_TYPE["IMAGE_FILE_MACHINE_AMD64"]
    assert Path(nadir_exe).stat().st_size < 8 << 20
