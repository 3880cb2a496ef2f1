# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The driver by a second compiler and linker, mingw-w64's: the same rules, but for what GNU's linker doesn't know; and it runs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from check_driver.image import Driver
from check_driver.rule import Build
from check_driver.rules import problems
from emulator.places import ROOT
from nt.machine import boot, expect_ok
from windows import products
from windows.spoil import Spoiled

pytestmark = pytest.mark.xdist_group("gnu")


@pytest.fixture(scope="module")
def driver() -> Driver:
    return Driver(products.build("mingw", "nadir_sys_gnu") / "hosts" / "windows" / "nadir.sys")


def test_the_driver_keeps_the_rules(driver):
    found = problems(driver, Build.GNU)
    assert not found, "\n".join(map(str, found))


def test_the_command_notices_who_linked_it(driver):
    result = subprocess.run([ROOT / "scripts" / "check-driver", driver.path], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert result.returncode == 0 and ", none broken" in result.stdout, result.stdout + result.stderr


def test_it_imports_what_the_other_imports(driver):
    other = Driver(products.driver(), products.pdb())
    assert {found.name for found in driver.imports} == {found.name for found in other.imports}


def spoiled(driver: Driver, folder: Path, change) -> str:
    file = Spoiled(driver)
    change(file)
    return "\n".join(map(str, problems(file.write(folder), Build.GNU)))


def test_a_time_stamp_is_named(driver, tmp_path):
    found = spoiled(driver, tmp_path, lambda file: file.put(file.header + 4, "I", 1_600_000_000))
    assert found.startswith("time-stamp: ") and "\n" not in found


def test_a_lost_import_library_is_named(driver, tmp_path):
    assert "imports: nothing is imported" in spoiled(driver, tmp_path, lambda file: file.directory("import", 0, 0))


def test_what_the_linker_script_does_is_looked_at(driver, tmp_path):
    """Each function of the core in the core's section: one that isn't would be missed by root mode."""
    file = Spoiled(driver)
    core = file.section(".core")
    file.put(file.section_header(".core") + 8, "I", core.size - 4096)  # the last page is in no section any more
    found = "\n".join(map(str, problems(file.write(tmp_path), Build.GNU)))
    assert "core-closed: " in found and "leaves the core" in found


@pytest.mark.parametrize("words", ["load", "onoff rounds=2", "work", "security"])
def test_it_runs_in_the_nt_test_kernel(driver, tmp_path, words):
    expect_ok(boot(tmp_path, driver.path, f"test={words}", processors=2))
