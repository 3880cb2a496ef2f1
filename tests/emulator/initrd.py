# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Builds an initial RAM file system: busybox, an init script, programs with their libraries, stripped modules.

Written as an uncompressed cpio archive ("newc") by ourselves, so it is the same for the same content, and needs neither
root nor cpio. [Linux Documentation/driver-api/early-userspace/buffer-format.rst]
"""

from __future__ import annotations

import re
import stat
import subprocess
import tempfile
from pathlib import Path

from . import debian

APPLETS = """
sh ash mount umount insmod rmmod lsmod cat echo ls mkdir rm cp mv ln dd grep sed awk cut sort uniq
wc head tail tr test [ true false sleep usleep kill ps nproc taskset seq dmesg poweroff reboot id su
chmod chown stat md5sum sha256sum cmp diff od hexdump date time timeout uname env printf expr find
xargs tee touch sync setsid cttyhack free mknod devmem chroot nice basename dirname readlink
realpath yes stty
""".split()


class Initrd:
    def __init__(self, busybox: bool = True) -> None:
        self._entries: dict[str, tuple[int, bytes, tuple[int, int]]] = {}
        for name in ("bin", "sbin", "dev", "proc", "sys", "tmp", "root", "run", "lib", "etc"):
            self.directory(name)
        self.device("dev/console", 5, 1)
        self.device("dev/null", 1, 3)
        if busybox:
            self.file("bin/busybox", debian.busybox().read_bytes(), 0o755)
            for applet in APPLETS:
                self.link(f"bin/{applet}", "busybox")

    def directory(self, name: str) -> None:
        self._parents(name)
        self._entries[name] = (stat.S_IFDIR | 0o755, b"", (0, 0))

    def file(self, name: str, content: bytes | str | Path, mode: int = 0o644) -> None:
        if isinstance(content, Path):
            content = content.read_bytes()
        elif isinstance(content, str):
            content = content.encode()
        self._parents(name)
        self._entries[name] = (stat.S_IFREG | mode, content, (0, 0))

    def link(self, name: str, target: str) -> None:
        self._parents(name)
        self._entries[name] = (stat.S_IFLNK | 0o777, target.encode(), (0, 0))

    def device(self, name: str, major: int, minor: int) -> None:
        self._parents(name)
        self._entries[name] = (stat.S_IFCHR | 0o600, b"", (major, minor))

    def script(self, name: str, text: str) -> None:
        self.file(name, text, 0o755)

    def program(self, name: str, path: Path) -> None:
        """A program, without its debug information, and the shared libraries it needs."""
        self.file(name, _stripped(path, ["strip"]), 0o755)
        self.libraries(path)

    def libraries(self, path: Path) -> None:
        """The shared libraries that a program needs."""
        result = subprocess.run(["ldd", str(path)], capture_output=True, text=True)
        for library in re.findall(r"(?:=>\s*|^\s*)(/\S+)\s+\(0x", result.stdout, re.MULTILINE):
            self.file(library.lstrip("/"), Path(library).resolve(), 0o755)

    def module(self, path: Path, directory: str = "lib/modules") -> None:
        """A kernel module without debug information, types and signature: insmod then takes half the time."""
        self.file(f"{directory}/{path.name}", _stripped(path, ["objcopy", "--strip-debug", "--remove-section=.BTF"]))

    def _parents(self, name: str) -> None:
        parts = name.split("/")[:-1]
        for count in range(1, len(parts) + 1):
            parent = "/".join(parts[:count])
            if parent not in self._entries:
                self._entries[parent] = (stat.S_IFDIR | 0o755, b"", (0, 0))

    def archive(self) -> bytes:
        out = bytearray()
        for inode, name in enumerate(sorted(self._entries), 1):
            mode, content, device = self._entries[name]
            _append(out, inode, name, mode, content, device)
        _append(out, 0, "TRAILER!!!", 0, b"", (0, 0))
        return bytes(out)


def _append(out: bytearray, inode: int, name: str, mode: int, content: bytes, device: tuple[int, int]) -> None:
    fields = (inode, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, 0, len(content), 0, 0, *device, len(name) + 1, 0)
    out += b"070701" + b"".join(b"%08X" % value for value in fields) + name.encode() + b"\0"
    out += bytes(-len(out) % 4)
    out += content
    out += bytes(-len(out) % 4)


def _stripped(path: Path, command: list[str]) -> bytes:
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "out"
        subprocess.run([*command, *(["-o"] if command[0] == "strip" else []),
                        *([str(out), str(path)] if command[0] == "strip" else [str(path), str(out)])], check=True)
        return out.read_bytes()
