# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Debian's packages as built, and unpacked."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

from emulator.places import BUILD, ROOT, only_one

VERSION = (ROOT / "version.txt").read_text().split()[0]
NAMES = ("nadir", "nadir-dkms", "nadir-dev")


def run(*command: str | Path, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=600,
                          **options)


def checked(*command: str | Path, **options) -> str:
    result = run(*command, **options)
    assert result.returncode == 0, f"{' '.join(map(str, command))}\n{result.stdout}{result.stderr}"
    return result.stdout


def name_of(package: str) -> str:
    return f"{package}_{VERSION}_{'all' if package == 'nadir-dkms' else 'amd64'}.deb"


@cache
def built() -> dict[str, Path]:
    """The packages, made now unless nothing has changed."""
    with only_one("packages"):
        checked("cmake", "--build", BUILD, "--target", "packages")
    return {package: BUILD / "packages" / name_of(package) for package in NAMES}


def unpacked(package: str, directory: Path) -> Path:
    checked("dpkg-deb", "-x", built()[package], directory)
    return directory


def field(package: str, name: str) -> str:
    return checked("dpkg-deb", "-f", built()[package], name).strip()


# What is not needed to see a package come and go, and would cost the emulator time.
NEEDLESS = ("usr/share", *(f"usr/src/nadir-{VERSION}/{name}" for name in ("arch", "base", "check", "control", "core", "cpu")))


def slim(package: str, version: str, directory: Path) -> Path:
    """The same package as if it were of this version, without most of its files, and the command as a link to /built/nadir."""
    folder = directory / f"{package}-{version}"
    checked("dpkg-deb", "-R", built()[package], folder)
    for path in (folder / "DEBIAN").iterdir():
        path.write_text(path.read_text().replace(VERSION, version))
    for name in NEEDLESS:
        shutil.rmtree(folder / name, ignore_errors=True)
    if (folder / "usr/bin/nadir").exists():
        (folder / "usr/bin/nadir").unlink()
        (folder / "usr/bin/nadir").symlink_to("/built/nadir")
    for path in folder.glob(f"usr/src/nadir-{VERSION}"):
        path.rename(path.with_name(f"nadir-{version}"))
    result = directory / f"{package}_{version}.deb"
    checked("dpkg-deb", "--root-owner-group", "-Znone", "-b", folder, result)
    return result
