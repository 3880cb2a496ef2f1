# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""DKMS builds the module for Debian's kernels, from the package's sources, and says why where it can't."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from emulator import debian, product
from emulator.places import ROOT
from install import packages

pytestmark = pytest.mark.xdist_group("install-dkms")

RELEASE = debian.kernel_release()


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    return packages.unpacked("nadir-dkms", tmp_path_factory.mktemp("dkms"))


def dkms(source: Path, folder: Path, release: str, headers: Path, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    """DKMS itself, in folders of its own. It wants to be root for its signing key."""
    prefix = debian._as_root()
    if prefix is None:
        pytest.skip("DKMS wants to be root, and this user can't be")
    (folder / "tree").mkdir(parents=True)
    result = packages.run(*prefix, "env", f"PATH={path}", "LC_ALL=C", "dkms", "build", "-m", "nadir", "-v", packages.VERSION, "-k",
                          f"{release}/x86_64", "--dkmstree", folder / "tree", "--sourcetree", source / "usr/src",
                          "--kernelsourcedir", headers)
    if prefix:
        packages.run(*prefix, "chown", "-R", str(os.getuid()), folder)
    return result


def vermagic(module: Path) -> str:
    return packages.checked("modinfo", "-F", "vermagic", module).split()[0]


def undefined(module: Path) -> set[str]:
    return {line.split()[-1] for line in packages.checked("nm", "--undefined-only", module).splitlines()
            if line.split()[-2] == "U"}


def exported(headers: Path) -> set[str]:
    return {line.split("\t")[1] for line in (headers / "Module.symvers").read_text().splitlines()}


def test_dkms_builds_the_whole_module(source, tmp_path):
    headers = debian.headers(RELEASE)
    result = dkms(source, tmp_path, RELEASE, headers)
    assert result.returncode == 0, result.stdout + result.stderr
    module = tmp_path / f"tree/nadir/{packages.VERSION}/{RELEASE}/x86_64/module/nadir.ko"
    assert vermagic(module) == RELEASE and undefined(module) <= exported(headers)
    assert packages.checked("modinfo", "-F", "version", module).strip() == packages.VERSION
    built = product.module(RELEASE)
    assert undefined(module) == undefined(built), "the same module as the one that the tests boot"
    assert packages.checked("objdump", "-d", "-j", ".nadir_system.text", module).count("\n") == \
        packages.checked("objdump", "-d", "-j", ".nadir_system.text", built).count("\n")
    log = (module.parents[1] / "log/make.log").read_text()
    assert "warning" not in log.lower(), log


def generic_headers(folder: Path) -> Path:
    """Of the kernel beside the cloud kernel, from its package; what both share is installed."""
    release = RELEASE.replace("-cloud-", "-")
    package = f"linux-headers-{release}"
    root = folder / "headers"
    shutil.copytree(debian.unpacked(package, debian._installed_version(f"linux-headers-{RELEASE}")), root, symlinks=True)
    for shared in Path("/usr/lib").glob("linux-kbuild-*"):
        (root / "usr/lib").mkdir(exist_ok=True)
        (root / "usr/lib" / shared.name).symlink_to(shared)
    return root / "usr/src" / package


def test_the_generic_kernel_takes_it_too(tmp_path):
    """The core's objects are those of the other kernel: they are compiled without a word of the kernel's. Only the host's files
    are compiled, and the whole is linked and judged by the kernel's own tools."""
    headers = generic_headers(tmp_path)
    built = product.module(RELEASE).parent
    folder = tmp_path / "build"
    shutil.copytree(built, folder)
    for path in folder.rglob(".*.cmd"):
        path.write_text(path.read_text().replace(str(built), str(folder)))
    for path in [*folder.glob("hosts/linux/*.o"), *folder.glob("nadir.*o")]:
        if ".asm." not in path.name:
            path.unlink()  # kbuild would take what another kernel's headers gave: their paths are the same
    (folder / "kernel").unlink()  # else all of it would be made again
    result = packages.run("make", "-C", ROOT / "hosts/linux", f"KDIR={headers}", f"BUILD={folder}", env={**os.environ, "LC_ALL": "C"})
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(re.findall(r"^  CC \[M\] ", result.stdout, re.M)) > 10 and "MODPOST" in result.stdout
    assert "CXX" not in result.stdout, "the core was compiled again: " + result.stdout
    module = folder / "nadir.ko"
    assert vermagic(module) == RELEASE.replace("-cloud-", "-") and undefined(module) <= exported(headers)


def headers_of(folder: Path, release: str, bits: int = 64) -> Path:
    (folder / "include/config").mkdir(parents=True)
    (folder / "Makefile").write_text("# nothing\n")
    (folder / "include/config/auto.conf").write_text("CONFIG_X86_64=y\n" if bits == 64 else "CONFIG_X86_32=y\n")
    (folder / "include/config/kernel.release").write_text(release + "\n")
    return folder


@pytest.mark.parametrize("release, bits, words", [
    ("5.10.0-30-amd64", 64, "Linux 5.10.0-30-amd64 is too old"),
    ("6.0.12", 64, "needs Linux 6.1 or later"),
    ("6.1.0-56-686", 32, "it is not for 64-bit x86"),
    ("unknown", 64, "its version can't be told"),
])
def test_a_kernel_that_it_is_not_for(tmp_path, release, bits, words):
    result = packages.run(ROOT / "hosts/linux/check-kernel", headers_of(tmp_path / "k", release, bits))
    assert result.returncode == 1 and words in result.stderr


@pytest.mark.parametrize("release", ["6.1.0-56-amd64", "6.12.115+deb12-cloud-amd64", "7.0.1", "10.2"])
def test_a_kernel_that_it_is_for(tmp_path, release):
    assert packages.run(ROOT / "hosts/linux/check-kernel", headers_of(tmp_path / "k", release)).returncode == 0


@pytest.mark.parametrize("compiler, words", [
    ("no-such-g++", "there is no C++ compiler (no-such-g++)"),
    ("old", "doesn't know C++20"),
])
def test_a_compiler_that_it_needs(tmp_path, compiler, words):
    if compiler == "old":
        (tmp_path / "old").write_text('#!/bin/sh\n[ "$1" = --version ] && exec g++ --version\nexec g++ "$@" -std=c++17\n')
        (tmp_path / "old").chmod(0o755)
        compiler = str(tmp_path / "old")
    result = packages.run(ROOT / "hosts/linux/check-kernel", headers_of(tmp_path / "k", "6.1.0"), compiler)
    assert result.returncode == 1 and words in result.stderr and "nstall g++ 12 or later" in result.stderr


def test_headers_that_are_not_prepared(tmp_path):
    (tmp_path / "Makefile").write_text("")
    result = packages.run(ROOT / "hosts/linux/check-kernel", tmp_path)
    assert result.returncode == 1 and "not prepared" in result.stderr and "make modules_prepare" in result.stderr


def test_dkms_passes_the_words_on(source, tmp_path):
    result = dkms(source, tmp_path / "dkms", "5.10.0-30-amd64", headers_of(tmp_path / "old", "5.10.0-30-amd64"))
    assert result.returncode != 0
    assert "Linux 5.10.0-30-amd64 is too old" in result.stdout + result.stderr


def test_dkms_names_missing_headers(source, tmp_path):
    result = dkms(source, tmp_path / "dkms", "6.1.0-1-none", tmp_path / "nowhere")
    assert result.returncode != 0 and "linux-headers-6.1.0-1-none" in result.stdout + result.stderr
