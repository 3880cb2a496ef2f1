# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Turns each case of the GoogleTest programs in the build folder into a test of its own.

A program runs once; the items report what its XML-like JSON said about them. A program that dies fails every case that
it didn't get to.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
from pathlib import Path

import pytest

PROGRAMS = Path(os.environ.get("NADIR_BUILD", Path(__file__).resolve().parents[2] / "build" / "gcc")) / "tests" / "unit"


def _programs() -> list[Path]:
    return sorted(path for path in PROGRAMS.glob("**/*_tests") if path.is_file() and os.access(path, os.X_OK))


def _cases(program: Path) -> list[str]:
    listing = subprocess.run([program, "--gtest_list_tests"], capture_output=True, text=True, timeout=60)
    cases, suite = [], ""
    for line in listing.stdout.splitlines():
        name = line.split("#")[0].rstrip()
        if name.endswith(".") and not name.startswith(" "):
            suite = name
        elif name.startswith("  "):
            cases.append(suite + name.strip())
    return cases or ["(no cases listed)"]


@functools.cache
def _results(program: Path) -> tuple[dict[str, dict], str]:
    """Each case's result by name, and the end of what the program printed."""
    report = PROGRAMS / f"{program.name}.{os.getpid()}.json"
    done = subprocess.run([program, f"--gtest_output=json:{report}"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace", timeout=600)
    results = {}
    if report.exists():
        for suite in json.loads(report.read_text())["testsuites"]:
            for case in suite["testsuite"]:
                results[f"{case['classname']}.{case['name']}"] = case
        report.unlink()
    return results, f"exit status {done.returncode}\n" + "\n".join(done.stdout.splitlines()[-40:])


def _items() -> list:
    return [pytest.param(program, case, id=f"{program.name}:{case}", marks=pytest.mark.xdist_group(program.name))
            for program in _programs() for case in _cases(program)]


def test_there_are_programs():
    assert _programs(), f"no GoogleTest program in {PROGRAMS}"


@pytest.mark.parametrize("program, case", _items())
def test_case(program, case):
    results, output = _results(program)
    result = results.get(case)
    if result is None:
        pytest.fail(f"{program.name} didn't report {case}: {output}", pytrace=False)
    if result.get("result") == "SKIPPED" or result.get("status") == "NOTRUN":
        pytest.skip("skipped by the program")
    if result.get("failures"):
        pytest.fail("\n".join(failure["failure"] for failure in result["failures"]), pytrace=False)
