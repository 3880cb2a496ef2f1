# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""./demo and ./test where they can't do their work: words and an exit status, not a stack of errors."""

import os
import shutil
import subprocess
import tempfile

import pytest

pytestmark = pytest.mark.quick

TOOLS = ("sh", "dirname", "id", "tr", "sed", "mkdir", "sort", "tail", "ls", "env")


def run(directory, *command, text="", **environment):
    return subprocess.run(command, cwd=directory, env={"PATH": os.environ["PATH"], **environment}, input=text,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)


@pytest.mark.parametrize("script", ["./demo", "./test"])
def test_without_apt_the_packages_are_listed(root, tmp_path, script):
    for name in TOOLS:
        path = subprocess.run(["which", name], capture_output=True, text=True, check=True).stdout.strip()
        (tmp_path / name).symlink_to(path)
    done = run(root, script, PATH=str(tmp_path))
    assert done.returncode == 3, done.stdout
    assert "no apt" in done.stdout
    assert "\n    bochs-term\n" in done.stdout
    assert "not found" not in done.stdout


def test_without_the_right_to_install_the_packages_are_listed(root):
    # Another user may not be able to read our tree, so the script comes by standard input and runs elsewhere.
    script = (root / "scripts" / "packages.sh").read_text()
    script += "nadir_packages='dpkg no-such-package-1 no-such-package-2'\nnadir_install_packages\n"
    command = ["sh", "-s"]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
    elif subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        pytest.skip("this user may install")
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o777)
        done = run(directory, *command, text=script)
    assert done.returncode == 3, done.stdout
    assert "\n    no-such-package-1\n    no-such-package-2\n" in done.stdout
    assert "apt-get install no-such-package-1 no-such-package-2" in done.stdout
    assert "    dpkg\n" not in done.stdout


def test_the_build_shows_notes_and_nothing_else(root, tmp_path):
    (tmp_path / "scripts").mkdir()
    shutil.copy(root / "scripts" / "build.sh", tmp_path / "scripts")
    (tmp_path / "cmake").write_text('#!/bin/sh\necho "[1/2] $*"\n[ "$1" != --build ] || echo "note: look there"\n')
    (tmp_path / "cmake").chmod(0o755)
    done = run(tmp_path, "scripts/build.sh", "gcc", "packages", PATH=f"{tmp_path}:{os.environ['PATH']}")
    assert (done.returncode, done.stdout) == (0, "look there\n")
    assert "[1/2] --build --preset gcc --target packages" in (tmp_path / "build" / "gcc.log").read_text()


def test_no_test_of_that_name(root, tmp_path):
    done = run(root, "./test", "no_test_has_this_name", NADIR_NO_PACKAGES="1", NADIR_TEST_TEMP=str(tmp_path / "inner"))
    assert done.returncode != 0
    assert done.stdout.splitlines()[-1] in ("0 passed, 0 failed", "0 passed, 1 failed")


def test_one_part_by_name(root, tmp_path):
    done = run(root, "./test", "test_nothing_at_all", NADIR_NO_PACKAGES="1", NADIR_TEST_TEMP=str(tmp_path / "inner"))
    if "The build failed" in done.stdout:
        pytest.skip("the tree doesn't build")
    assert done.stdout.startswith("Building (") and "build/gcc.log" in done.stdout.splitlines()[0]
    assert done.stdout.splitlines()[-1] == "1 passed, 0 failed"
    assert done.returncode == 0
