# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The file nadir.sys keeps the rules of scripts/check_driver; each of them finds the mistake that it is for."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from check_driver import imports
from check_driver.image import Driver, NotADriver
from check_driver.rules import ALL, problems
from emulator.places import ROOT
from windows import products
from windows.spoil import Spoiled
from windows.spoilings import CASES

pytestmark = pytest.mark.xdist_group("pe")
CHECK = ROOT / "scripts" / "check-driver"


@pytest.fixture(scope="module")
def driver() -> Driver:
    return Driver(products.driver(), products.pdb())


def words(found) -> str:
    return "\n".join(map(str, found))


def run(*arguments: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([CHECK, *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)


def test_the_driver_keeps_every_rule(driver):
    found = problems(driver)
    assert not found, words(found)


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_named(driver, tmp_path, name):
    case = CASES[name]
    file = Spoiled(driver)
    case.change(file)
    assert file.data != driver.data, "the case changes nothing"
    found = problems(file.write(tmp_path))
    broken = {problem.rule.name for problem in found}
    assert broken >= case.rules if case.others else broken == case.rules, words(found)
    assert case.words in words(found)


def test_a_wrong_checksum_is_named(driver, tmp_path):
    file = Spoiled(driver)
    file.data[file.section(".rdata").raw + file.section(".rdata").raw_size - 1] ^= 0xFF
    found = problems(file.write(tmp_path, checksum=False))
    assert {problem.rule.name for problem in found} == {"checksum"}, words(found)


def test_without_a_symbol_file_some_rules_are_not_judged(driver, tmp_path):
    """A copy on a test machine has none beside it: that breaks no rule."""
    alone = tmp_path / "nadir.sys"
    alone.write_bytes(driver.data)
    result = run(alone)
    assert result.returncode == 0 and "not judged, for want of a symbol file (--pdb): unwind-coverage, " in result.stdout
    assert "symbol-file" in result.stdout
    result = run(alone, "--pdb", driver.pdb)
    assert result.returncode == 0 and "not judged" not in result.stdout, result.stdout


def test_every_rule_has_a_mistake_that_breaks_it():
    shown = {rule for case in CASES.values() for rule in case.rules} | {"checksum", "time-stamp"}
    assert shown == {rule.name for rule in ALL}


# --- The list of imports

def known(**functions) -> dict:
    return {"versions": ["7", "10 1803", "10 2004"], "memory_integrity": {"wary_of": ["MmMapIoSpace"]},
            "functions": {name: {"since": "7", "irql": "any", "page": "a page", **entry} for name, entry in functions.items()}}


def test_the_list_of_imports_is_right():
    assert list(imports.list_problems(imports.allowed())) == []


@pytest.mark.parametrize("functions, said", [
    ({"ExAllocatePool2": {"since": "10 2004"}}, "came with Windows 10 2004"),
    ({"KeFly": {"since": "eleven"}}, "not one of"),
    ({"MmMapIoSpace": {}}, "memory integrity may refuse"),
    ({"KeFly": {"irql": ""}}, "no irql"),
    ({"KeFly": {"page": ""}}, "no page"),
])
def test_a_mistake_of_the_list_is_named(functions, said):
    found = list(imports.list_problems(known(**functions)))
    assert len(found) == 1 and said in found[0]


def test_the_list_and_the_import_library_have_the_same_functions():
    lines = (ROOT / "hosts" / "windows" / "ntoskrnl.def").read_text().splitlines()
    exported = {line.strip() for line in lines if line.startswith((" ", "\t")) and line.strip()}
    listed = set(imports.allowed()["functions"])
    assert not exported - listed, "add them to hosts/windows/imports.json"
    assert not listed - exported, "nobody imports them: remove them from hosts/windows/imports.json"


def test_what_memory_integrity_is_wary_of_may_be_explained():
    assert list(imports.list_problems(known(MmMapIoSpace={"memory_integrity": "not executable"}))) == []


# --- Damaged files

@pytest.mark.parametrize("size", [0, 2, 100, 0x200, 0x1000, 0x20000])
def test_a_file_that_is_cut_off_is_refused_or_judged(driver, tmp_path, size):
    file = tmp_path / "nadir.sys"
    file.write_bytes(driver.data[:size])
    try:
        assert problems(Driver(file, driver.pdb))
    except NotADriver as error:
        assert "is not a Windows executable" in str(error)


def test_headers_that_promise_gigabytes_are_refused(driver, tmp_path):
    file = Spoiled(driver)
    file.put(file.section_header(".data") + 8, "I", 0xF0000000)
    path = tmp_path / "nadir.sys"
    path.write_bytes(file.data)
    result = run(path)
    assert result.returncode == 2 and "section .data ends at" in result.stderr and "the headers are damaged" in result.stderr


# --- The command

def test_the_command_on_the_driver(driver):
    result = run(driver.path)
    assert result.returncode == 0 and result.stdout.endswith("rules, none broken\n"), result.stdout + result.stderr


def test_the_command_says_which_rule_and_what_to_do(driver, tmp_path):
    file = Spoiled(driver)
    CASES["writable_code"].change(file)
    path = file.write(tmp_path).path
    result = run(path, "--pdb", driver.pdb)
    assert result.returncode == 1
    assert "write-execute: section .text is both writable and executable" in result.stdout
    assert "Rule: No section is both" in result.stdout and "To do: " in result.stdout
    result = run("--json", path, "--pdb", driver.pdb)
    assert result.returncode == 1 and {entry["rule"] for entry in json.loads(result.stdout)} == {"write-execute"}


def test_another_linker_than_named_is_noticed(driver):
    result = run("--gnu", driver.path)
    assert result.returncode == 2 and "wasn't linked by GNU ld: leave out --gnu" in result.stderr


@pytest.mark.parametrize("arguments, status, said", [
    ([], 2, "name the driver's file"),
    (["nowhere.sys"], 2, "can't be read: No such file"),
    ([CHECK, "--pdb", "nowhere.pdb"], 2, "nowhere.pdb isn't a file"),
    ([CHECK], 2, "is not a Windows executable"),
    (["--gnu", "--list"], 0, "time-stamp"),
    (["--help"], 0, "Exits 0 when no rule is broken"),
])
def test_the_command_explains_itself(arguments, status, said):
    result = run(*arguments)
    assert result.returncode == status and said in result.stdout + result.stderr, result.stderr
