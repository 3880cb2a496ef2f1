# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`nadir symbols` under Wine, whose DbgHelp reads PDBs: names and addresses as LLVM's own reader of PDBs has them, which build a PDB
belongs to, and the kernel's modules, of which Wine pretends three at addresses of its own, with real files.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from contextlib import contextmanager

import pefile
import pytest

from windows import products, wine

pytestmark = pytest.mark.xdist_group("wine")

BASE = 0xFFFFF80012340000
KERNEL, HAL = 0x10000000, 0x10200000  # where Wine says that they are
SOURCE_NAME = "nadir::check::describe_record"


def pdbutil(*words) -> str:
    return subprocess.run(["llvm-pdbutil-16", "dump", *words], check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def folder(prefix):
    """The driver and its PDB. (Wine 8 finds no PDB in a folder whose name its code page lacks.)"""
    made = prefix.folder / "a build"
    made.mkdir()
    for file in (products.driver(), products.pdb()):
        shutil.copy(file, made)
    return made


@pytest.fixture(scope="module")
def symbols(prefix, nadir_exe, folder):
    with prefix.session("symbols"):
        yield lambda *words, **environment: prefix.run(nadir_exe, "symbols", *words, environment=environment)


@pytest.fixture(scope="module")
def sections(folder):
    with pefile.PE(str(folder / "nadir.sys"), fast_load=True) as image:
        return [(section.VirtualAddress, section.IMAGE_SCN_MEM_EXECUTE) for section in image.sections], image.OPTIONAL_HEADER.ImageBase


@pytest.fixture(scope="module")
def places(sections):
    """{(offset in the image, name): does it lie in code} of what the linker and the compiler have named, by the other reader."""
    found = re.findall(r"S_(?:PUB32|[GL]PROC32|[GL]DATA32) \[size = \d+\] `(.+)`\n.*addr = (\d+):(\d+)",
                       pdbutil("-publics", "-globals", "-symbols", products.pdb()))
    begins = {number: section for number, section in enumerate(sections[0], 1)}
    return {(begins[int(section)][0] + int(offset), name): begins[int(section)][1]
            for name, section, offset in found if int(section) in begins}


def test_names_and_addresses_are_another_readers(symbols, places):
    done = symbols("--symbols", r"a build\nadir.sys", "--at", hex(BASE))
    assert done.returncode == 0 and not done.stderr, done
    lines = [re.fullmatch(r"([0-9a-f]{16}) ([TDE]) (.+) \[nadir\]", line).groups() for line in done.stdout.splitlines()]
    ours = {(int(address, 16) - BASE, name): kind for address, kind, name in lines}
    assert len(ours) == len(lines), "a name at an address is there once"
    for place in [place for place in ours if place[1] == "EntryPoint"]:
        del ours[place]  # Wine adds it to every image
    assert len(places) > 2000 and ours == {place: "T" if code else "D" for place, code in places.items()}
    # What a source has named comes before what a linker has.
    at = next(offset for offset, name in places if name == SOURCE_NAME)
    first = next(name for address, _, name in lines if int(address, 16) == BASE + at)
    assert first == SOURCE_NAME


def test_by_name_and_by_address(symbols, places, sections):
    offset = next(offset for offset, name in places if name == SOURCE_NAME)
    there = sections[1] + offset
    # Of the PDB, where the image wants to be; as JSON; and at another address.
    assert symbols("--symbols", r"a build\nadir.pdb", "NADIR!" + SOURCE_NAME, "*describe_recor?", f"{there + 3:x}").stdout == (
        f"{there:016x} T {SOURCE_NAME} [nadir]\n{there:016x} T {SOURCE_NAME} [nadir]\n{there + 3:016x} T {SOURCE_NAME}+0x3 [nadir]\n")
    one, = json.loads(symbols("--symbols", r"a build\nadir.pdb", f"{there + 3:x}", "--json").stdout)["symbols"]
    assert one == {"asked": f"{there + 3:x}", "address": f"{there + 3:#x}", "name": SOURCE_NAME, "offset": 3, "type": "T",
                   "module": "nadir"}
    missing = symbols("--symbols", r"a build\nadir.sys", "DriverEntri")
    assert missing.returncode == 1 and missing.stderr == 'nadir: There is no symbol "DriverEntri".\nDid you mean "DriverEntry"?\n'


def test_refuses_what_does_not_belong_together(symbols, folder, prefix):
    other = prefix.folder / "other"
    other.mkdir()
    shutil.copy(folder / "nadir.pdb", other)
    alone = symbols("--symbols", r"other\nadir.pdb")
    assert alone.returncode == 1 and "its image isn't beside it" in alone.stderr
    image = bytearray((folder / "nadir.sys").read_bytes())
    image[image.index(b"RSDS") + 4] ^= 1
    (other / "nadir.sys").write_bytes(image)
    guid = re.search(r"GUID: (\{.*\})", pdbutil("-summary", products.pdb())).group(1)
    for file in ("nadir.sys", "nadir.pdb"):
        refused = symbols("--symbols", rf"other\{file}")
        assert refused.returncode == 1 and not refused.stdout
        assert rf"other\nadir.pdb belongs to another build than other\nadir.sys" in refused.stderr
        assert f"the PDB is of {guid}, age 1" in refused.stderr
    (other / "nadir.pdb").write_bytes(b"no PDB at all")
    assert "nadir.pdb is no PDB" in symbols("--symbols", r"other\nadir.sys").stderr
    (other / "nadir.pdb").unlink()
    assert "put its PDB, nadir.pdb, beside it" in symbols("--symbols", r"other\nadir.sys", "DriverEntry").stderr


def test_exports_where_there_is_no_pdb(symbols, prefix):
    """Of an image that has nothing else, and they are marked."""
    image = prefix.folder / "exports.dll"
    subprocess.run(["x86_64-w64-mingw32-strip", "-o", image, prefix.drive / "windows" / "system32" / "hal.dll"], check=True)
    with pefile.PE(str(image)) as read:
        base = read.OPTIONAL_HEADER.ImageBase
        exports = {(base + one.address, one.name.decode()) for one in read.DIRECTORY_ENTRY_EXPORT.symbols if one.name and not one.forwarder}
    lines = [line.split() for line in symbols("--symbols", "exports.dll").stdout.splitlines()]
    assert {kind for _, kind, *_ in lines} == {"E"}
    assert exports and exports <= {(int(address, 16), name) for address, _, name, _ in lines}
    assert "there is only what it exports (type E)" in symbols("--symbols", "exports.dll", "KeStallExecution").stderr


@contextmanager
def another_hal(prefix, file):
    """hal.dll is this file, or isn't there."""
    hal = prefix.drive / "windows" / "system32" / "hal.dll"
    whole = hal.read_bytes()
    hal.unlink()
    if file:
        shutil.copy(file, hal)
    try:
        yield
    finally:
        hal.write_bytes(whole)


def test_kernel_modules(symbols, places, prefix, folder):
    system = prefix.drive / "windows" / "system32"
    with pefile.PE(str(system / "ntoskrnl.exe")) as kernel:
        wanted = KERNEL + next(one.address for one in kernel.DIRECTORY_ENTRY_EXPORT.symbols if one.name == b"NtOpenFile")
    for name in ("nt!NtOpenFile", "NtOpenFile", "nt!NtOpenFil*"):
        assert symbols(name).stdout == f"{wanted:016x} T NtOpenFile\n"
    unknown = symbols("hla!KeStallExecutionProcessor")
    assert unknown.returncode == 1 and 'has loaded no module "hla"' in unknown.stderr and 'Did you mean "hal"?' in unknown.stderr
    assert symbols("hal!NtOpenFile").returncode == 1
    # Our driver in the place of another module, its PDB elsewhere.
    with another_hal(prefix, folder / "nadir.sys"):
        found = HAL + next(offset for offset, name in places if name == SOURCE_NAME)
        without = symbols("hal!" + SOURCE_NAME)
        assert without.returncode == 1 and "For 1 of 1 module no PDB was found" in without.stderr
        assert "_NT_SYMBOL_PATH" in without.stderr and not without.stdout
        for asked in ("hal!" + SOURCE_NAME, SOURCE_NAME, f"{found:x}"):
            assert symbols(asked, _NT_SYMBOL_PATH=wine.windows_path(folder)).stdout == f"{found:016x} T {SOURCE_NAME} [hal]\n"


@pytest.fixture(scope="module")
def share(folder):
    """The same folder as another machine's, which may be a server: a name that Wine has for it."""
    return r"\\?\unix" + str(folder).replace("/", "\\")


def test_servers_are_asked_for_what_was_asked_for_by_name_only(symbols, prefix, folder, share):
    alone = prefix.folder / "alone.sys"
    shutil.copy(folder / "nadir.sys", alone)
    assert symbols("--symbols", "alone.sys", SOURCE_NAME, _NT_SYMBOL_PATH=share).stdout.endswith(f" T {SOURCE_NAME} [alone]\n")
    with another_hal(prefix, alone):
        assert symbols("hal!" + SOURCE_NAME, _NT_SYMBOL_PATH=share).stdout.endswith(f" T {SOURCE_NAME} [hal]\n")
        assert symbols(SOURCE_NAME, _NT_SYMBOL_PATH=share).returncode == 1


def test_a_module_whose_file_is_not_there(symbols, prefix):
    """As that which writes crash dumps. No obstacle, unless it was asked for."""
    with another_hal(prefix, None):
        assert symbols("NtOpenFile").stdout.endswith(" T NtOpenFile\n")
        refused = symbols("hal!KeStallExecutionProcessor")
        assert refused.returncode != 0 and re.search(r"hal\.dll can't be read", refused.stderr), refused


def test_a_reader_beside_the_command_is_not_taken(symbols, prefix, nadir_exe):
    """A folder of downloads may have one that somebody has put there."""
    downloads = prefix.folder / "downloads"
    downloads.mkdir()
    shutil.copy(nadir_exe, downloads / "nadir.exe")
    # Wine would take its own in any case, were this one marked as Wine's, too.
    other = (prefix.drive / "windows" / "system32" / "hal.dll").read_bytes().replace(b"Wine builtin DLL", b"Somebody's DLL. ")
    for place in (downloads, prefix.folder):
        (place / "dbghelp.dll").write_bytes(other)
    try:
        done = prefix.run(downloads / "nadir.exe", "symbols", "nt!NtOpenFile",
                          environment={"WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe=d;dbghelp=n,b"})
        assert done.stdout.endswith(" T NtOpenFile\n"), done
    finally:
        (prefix.folder / "dbghelp.dll").unlink()


def test_a_reader_that_is_not_there(symbols):
    for words, environment in (
            (["C:\\nowhere\\dbghelp.dll, Windows' reader of symbols, can't be loaded: ", "NADIR_DBGHELP has to be the whole name"],
             {"NADIR_DBGHELP": r"C:\nowhere\dbghelp.dll"}),
            (["hal.dll is too old: it has no SymSetOptions"], {"NADIR_DBGHELP": r"C:\windows\system32\hal.dll"}),
            (["dbghelp.dll, Windows' reader of symbols, can't be loaded: ", "Debugging Tools for Windows"],
             {"WINEDLLOVERRIDES": "mscoree,mshtml,winemenubuilder.exe,dbghelp=d"})):
        done = symbols("nt!NtOpenFile", **environment)
        assert done.returncode == 1 and not done.stdout and all(one in done.stderr for one in words), done
