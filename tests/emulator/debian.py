# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Files from Debian's packages that we need but must not install: the kernel to boot, and a static busybox.

`apt-get download` needs no rights beyond reading the package lists. Packages are unpacked below build/cache/, once.
"""

from __future__ import annotations

import os
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .places import CACHE, only_one


class DebianError(RuntimeError):
    """A package couldn't be had; the message says which and why."""


def _version_key(text: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.findall(r"\d+|\D+", text)]


def kernel_release() -> str:
    """The newest kernel whose headers are installed, as in `uname -r`; scripts/packages.sh picks the same."""
    prefix, suffix = "linux-headers-", "-cloud-amd64"
    names = [path.name[len(prefix):] for path in Path("/usr/src").glob(f"{prefix}*{suffix}")
             if (path / "Makefile").exists()]
    if not names:
        raise DebianError("no kernel headers in /usr/src: install Debian's package linux-headers-cloud-amd64")
    return max(names, key=_version_key)


def headers(release: str | None = None) -> Path:
    return Path(f"/usr/src/linux-headers-{release or kernel_release()}")


def _installed_version(package: str) -> str | None:
    result = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return result.stdout.strip() or None if result.returncode == 0 else None


def _as_root() -> list[str] | None:
    """What to put before a command that needs root; None where that can't be had."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None


def _update_lists() -> bool:
    """Fetches the package lists; a machine (or container) may have none, or old ones."""
    prefix = _as_root()
    if prefix is None:
        return False
    return subprocess.run([*prefix, "apt-get", "-q", "update"], capture_output=True).returncode == 0


def _download(package: str, version: str | None, directory: Path) -> str:
    """Downloads a package, preferably of this version, into a directory. Returns what apt-get had to say, or ""."""
    command = ["apt-get", "-q", "download"]
    if os.geteuid() == 0:  # the user _apt may not be able to write there
        command[1:1] = ["-o", "APT::Sandbox::User=root"]
    problem = ""
    for name in ([f"{package}={version}"] if version else []) + [package]:
        result = subprocess.run([*command, name], cwd=directory, capture_output=True, text=True)
        if result.returncode == 0:
            return ""
        problem = result.stderr.strip()
    return problem or "no reason given"


def unpacked(package: str, version: str | None = None) -> Path:
    """The root of the unpacked package; downloads it the first time. `version` is preferred, not required."""
    target = CACHE / package
    with only_one(package):
        if target.is_dir():
            return target
        work = CACHE / f"{package}.new"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        problem = _download(package, version, work)
        if problem and _update_lists():
            problem = _download(package, version, work)
        files = list(work.glob("*.deb"))
        if not files:
            raise DebianError(f"apt-get download {package} failed: {problem}")
        subprocess.run(["dpkg-deb", "-x", files[0], work / "root"], check=True)
        (work / "root").rename(target)
        shutil.rmtree(work)
    return target


@dataclass(frozen=True)
class Kernel:
    """Debian's kernel, as delivered (bzImage) and uncompressed (vmlinux)."""

    release: str
    image: Path
    vmlinux: Path
    modules: Path

    def module(self, name: str) -> Path:
        found = sorted(self.modules.rglob(f"{name}.ko"))
        if not found:
            raise DebianError(f"no module {name} in {self.modules}")
        return found[0]


def kernel(release: str | None = None) -> Kernel:
    release = release or kernel_release()
    package = f"linux-image-{release}"
    root = unpacked(package, _installed_version(f"linux-headers-{release}"))
    image = root / "boot" / f"vmlinuz-{release}"
    vmlinux = CACHE / f"vmlinux-{release}"
    with only_one(vmlinux.name):
        if not vmlinux.exists():
            temporary = vmlinux.with_suffix(".new")
            temporary.write_bytes(uncompress(image.read_bytes()))
            temporary.rename(vmlinux)
    return Kernel(release, image, vmlinux, root / "lib" / "modules" / release)


def uncompress(bzimage: bytes) -> bytes:
    """The ELF kernel inside a bzImage. [Linux Documentation/x86/boot.rst "Details of Header Fields"]"""
    if bzimage[0x202:0x206] != b"HdrS":
        raise DebianError("not a bzImage")
    sectors = bzimage[0x1F1] or 4
    offset, length = struct.unpack_from("<II", bzimage, 0x248)
    begin = (sectors + 1) * 512 + offset
    payload = bzimage[begin:begin + length]
    tools = {b"\x02\x21\x4c\x18": ["lz4", "-dcq"], b"\x1f\x8b": ["gzip", "-dc"], b"\xfd7zXZ\x00": ["xz", "-dc"],
             b"\x28\xb5\x2f\xfd": ["zstd", "-dcq"]}
    for magic, command in tools.items():
        if payload.startswith(magic):
            # The last four bytes are the kernel build's own note of the size, foreign to the decompressor.
            result = subprocess.run(command, input=payload[:-4], capture_output=True)
            if not result.stdout.startswith(b"\x7fELF"):
                raise DebianError(f"{command[0]} can't unpack the kernel: {result.stderr.decode(errors='replace')}")
            return result.stdout
    raise DebianError("the kernel is packed in a way that we don't know")


def busybox() -> Path:
    """A statically linked busybox. Not installed: the package would push out an installed plain busybox."""
    for name in ("bin/busybox", "usr/bin/busybox"):
        path = unpacked("busybox-static") / name
        if path.exists():
            return path
    raise DebianError("no busybox in the package busybox-static")
