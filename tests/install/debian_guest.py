# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""As much of Debian in the emulator as its package manager needs: dpkg itself, a database, busybox for the rest.

DKMS would compile for an hour there. In its place are two scripts of its names, which put the module where it would, and say
what they were asked. The module is the one of our build, and so is the command: without libraries it starts sooner than the packaged one.
"""

from __future__ import annotations

from pathlib import Path

from emulator import debian, product
from emulator.initrd import Initrd
from install import packages

# What the packages depend on. dpkg believes its database.
INSTALLED = {"libc6": "2.36-9", "libgcc-s1": "12.2.0-14", "libstdc++6": "12.2.0-14",
             "libncursesw6": "6.4-4", "libtinfo6": "6.4-4", "kmod": "30", "dkms": "3.0.10-8", "g++": "4:12.2.0-3"}

COMMON_POSTINST = """#!/bin/sh
# NAME VERSION: what DKMS's own does, without the compiler.
set -e
echo "dkms: asked to build $1 $2, version before: ${5:-none}"
[ -e "/usr/src/$1-$2/dkms.conf" ] || { echo "dkms: no source"; exit 1; }
mkdir -p "/lib/modules/$(uname -r)/updates/dkms" "/var/lib/dkms/$1/$2"
cp "/built/$2/nadir.ko" "/lib/modules/$(uname -r)/updates/dkms/"
depmod -a
"""

DKMS = """#!/bin/sh
# status|remove -m NAME -v VERSION [--all]
set -e
case $1 in
status) [ ! -d "/var/lib/dkms/$3/$5" ] || echo "$3/$5, $(uname -r), x86_64: installed" ;;
remove)
    [ ! -d /sys/module/nadir ] || echo "dkms: the module is still in the kernel"
    rm -r "/var/lib/dkms/$3/$5" "/lib/modules/$(uname -r)/updates/dkms/$3.ko"
    rmdir "/var/lib/dkms/$3"
    depmod -a
    echo "dkms: removed $3 $5"
    ;;
esac
"""


def of_version(module: Path, version: str, directory: Path) -> Path:
    """The same module, as if it were of this version."""
    before, after = (f"\0version={text}\0".encode() for text in (packages.VERSION, version))
    content = module.read_bytes()
    assert content.count(before) == 1 and len(after) <= len(before)
    directory.mkdir()
    result = directory / module.name
    result.write_bytes(content.replace(before, after.ljust(len(before), b"\0")))
    return result


def prepare(initrd: Initrd, modules: dict[str, Path], debs: list[Path]) -> None:
    """modules: by their versions."""
    for name in ("dpkg", "dpkg-deb", "dpkg-query", "dpkg-split", "tar"):
        path = Path("/usr/bin") / name
        initrd.program(f"usr/bin/{name}", path if path.exists() else Path("/bin") / name)
    initrd.program("built/nadir", product.tool())
    for applet in ("modprobe", "depmod", "modinfo"):
        initrd.link(f"sbin/{applet}", "../bin/busybox")
    for name in ("ldconfig", "start-stop-daemon"):  # dpkg looks whether they are there
        initrd.script(f"usr/sbin/{name}", "#!/bin/sh\n")
    initrd.script("usr/sbin/dkms", DKMS)
    initrd.script("usr/lib/dkms/common.postinst", COMMON_POSTINST)
    status = "\n".join(f"Package: {name}\nStatus: install ok installed\nMaintainer: Debian\nArchitecture: amd64\nVersion: {version}\n"
                       f"Description: stands for it\n" for name, version in INSTALLED.items())
    initrd.file("var/lib/dpkg/status", status)
    initrd.file("var/lib/dpkg/available", "")
    for name in ("updates", "triggers", "info"):
        initrd.directory(f"var/lib/dpkg/{name}")
    for name in INSTALLED:
        initrd.file(f"var/lib/dpkg/info/{name}.list", "/.\n")
    initrd.directory("var/log")
    initrd.directory("etc/dpkg/dpkg.cfg.d")
    for version, module in modules.items():
        initrd.module(module, f"built/{version}")
    initrd.file(f"lib/modules/{debian.kernel_release()}/modules.builtin", "")
    for deb in debs:
        initrd.file(f"debs/{deb.name}", deb)
