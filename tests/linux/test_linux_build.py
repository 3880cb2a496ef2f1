# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""How nadir.ko is built."""

import re
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


def test_another_kernel_is_another_module(tmp_path):
    """In the same folder: what was made for the first one goes. (The kernels are stand-ins that do nothing.)"""
    def build(name: str, release: str) -> list[str]:
        kernel = tmp_path / name
        (kernel / "include/config").mkdir(parents=True, exist_ok=True)
        (kernel / "include/config/auto.conf").write_text("CONFIG_X86_64=y\n")
        (kernel / "include/config/kernel.release").write_text(release + "\n")
        (kernel / "Makefile").write_text("modules clean:\n\t@echo doing: $@ of $(M)\n")
        done = subprocess.run(["make", "-C", ROOT / "hosts/linux", f"BUILD={tmp_path}/out", f"KDIR={kernel}"],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return re.findall(rf"doing: (\w+) of {tmp_path}/out", done.stdout)
    assert build("one", "6.1.0-1") == ["modules"]
    assert build("one", "6.1.0-1") == ["modules"]
    assert build("two", "6.1.0-1") == ["clean", "modules"]
    assert build("two", "6.1.0-2") == ["clean", "modules"], "its package was upgraded in place"
    assert build("two", "6.1.0-2") == ["modules"]


def test_a_relative_folder_is_taken_from_the_root():
    """DKMS, among others, says it so."""
    result = subprocess.run(["make", "-n", "-C", ROOT / "hosts/linux", "BUILD=some/folder", "clean"],
                            capture_output=True, text=True)
    assert f"rm -rf {ROOT}/some/folder\n" in result.stdout
