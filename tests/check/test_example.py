# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""examples/entry-check: another project links the rules, without anything else of Nadir's."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "entry-check"


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("example")
    for command in (("cmake", "-S", EXAMPLE, "-B", folder, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Debug"),
                    ("cmake", "--build", folder)):
        result = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert result.returncode == 0, result.stdout + result.stderr
    return folder


def test_it_names_both_mistakes(build):
    result = subprocess.run([build / "entry-check"], capture_output=True, text=True, timeout=10)
    assert result.returncode == 1
    lines = result.stdout.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["guest.rflags.reserved", "guest.gs.base"]
    assert "guest_rflags = 0x0, wrong bits 0x2" in lines[0]
    assert "2 rules broken" in lines[-1] and "80000021H" in lines[-1]


def test_it_needs_nothing_but_arch_base_and_check(build):
    """Also nothing that a later include would bring in unnoticed."""
    used = set()
    for file in build.rglob("*.o"):
        dependencies = subprocess.run(["ninja", "-C", build, "-t", "deps", str(file.relative_to(build))], capture_output=True,
                                      text=True, timeout=60).stdout
        used |= {Path(line.strip()).resolve() for line in dependencies.splitlines()[1:] if line.strip()}
    ours = {path.relative_to(ROOT) for path in used if path.is_relative_to(ROOT) and not path.is_relative_to(build)}
    assert len(ours) > 20
    folders = {str(path.parent).split("/")[0] for path in ours}
    assert folders == {"arch", "base", "check", "examples"}, folders
    assert {str(path) for path in ours if path.parts[0] == "check"} <= {str(path) for path in ours
                                                                       if path.parts[:2] == ("check", "entry")}
