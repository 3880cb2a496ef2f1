# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""How nadir.ko is built."""

import subprocess

from emulator import debian
from emulator.places import ROOT


def test_extra_checks_are_silent_and_sources_stay_clean(tmp_path):
    """The host's own C with kbuild's extra warnings (W=1)."""
    before = sorted((ROOT / "hosts").rglob("*"))
    result = subprocess.run(["make", "-C", ROOT / "hosts/linux", f"BUILD={tmp_path}", f"KDIR={debian.headers()}", "W=1"],
                            capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-3000:]
    assert "warning" not in (result.stdout + result.stderr).lower()
    assert (tmp_path / "nadir.ko").exists()
    assert sorted((ROOT / "hosts").rglob("*")) == before


def test_missing_headers_are_named(tmp_path):
    result = subprocess.run(["make", "-C", ROOT / "hosts/linux", f"BUILD={tmp_path}", "KDIR=/nonexistent"],
                            capture_output=True, text=True)
    assert result.returncode != 0
    assert "No kernel headers in /nonexistent" in result.stderr and "linux-headers-amd64" in result.stderr


def test_a_relative_folder_is_taken_from_the_root():
    """DKMS, among others, says it so."""
    result = subprocess.run(["make", "-n", "-C", ROOT / "hosts/linux", "BUILD=some/folder", "clean"],
                            capture_output=True, text=True)
    assert f"rm -rf {ROOT}/some/folder\n" in result.stdout
