# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The packages' maintainer scripts on a machine that is made of files: a folder stands for the module in the kernel, and short
scripts for the programs that are asked, which write down what they were. What takes the emulator minutes (test_install.py), and what
it doesn't come to, takes milliseconds here."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from install import packages

# What the scripts name by whole paths.
PLACES = ("/sys/module/nadir", "/run/systemd/system", "/run/nadir-start-again", "/usr/lib/dkms/common.postinst")

# A file of the machine's folder says that something is so: "on", "active" (the service), "enabled", "in-use" (/dev/nadir).
PROGRAMS = {
    "systemctl": '[ "$2" != is-active ] || exec test -e active',
    "deb-systemd-invoke": """
case $1 in
stop) rm -f active on ;;
reload-or-restart)
    [ ! -e broken ] || exit 1
    [ ! -e kept-off ] || exit 0
    mkdir -p sys/module/nadir; : >active; : >on ;;
esac""",
    "deb-systemd-helper": '[ "$2" != was-enabled ] || exec test -e enabled',
    "nadir": """
[ -e on ] || exit 6
[ ! -e stuck ] || { echo 'nadir: The processors do not answer.'; exit 5; }
rm on""",
    "modprobe": "[ ! -e in-use ] || exit 1; rmdir sys/module/nadir; rm -f on",
    "modinfo": "cat version-of-module 2>/dev/null",
    "dpkg-query": "cat version-of-command 2>/dev/null",
    "dkms": '[ "$1" != status ] || cat built 2>/dev/null; [ "$1" != remove ] || rm built',
    "sleep": "",
}


class Debian:
    """`facts`: files that are there. "loaded" is the module; "again" the note of a service that was active."""

    def __init__(self, folder: Path, *facts: str, systemd: bool = True, **contents: str) -> None:
        self.folder = folder
        (folder / "bin").mkdir(parents=True)
        (folder / "usr/lib/dkms").mkdir(parents=True)
        (folder / "run").mkdir()
        for name, text in PROGRAMS.items():
            self._program(f"bin/{name}", name, text)
        self._program("usr/lib/dkms/common.postinst", "common.postinst", ": >built")
        for there, place in ((systemd, "run/systemd/system"), ("loaded" in facts, "sys/module/nadir")):
            if there:
                (folder / place).mkdir(parents=True)
        (folder / "sys/module").mkdir(parents=True, exist_ok=True)
        for fact in facts:
            (folder / {"again": "run/nadir-start-again"}.get(fact, fact)).touch()
        for name, text in contents.items():
            (folder / name.replace("_", "-")).write_text(text)

    def _program(self, place: str, name: str, text: str) -> None:
        (self.folder / place).write_text(f'#!/bin/sh\ncd {self.folder}\necho "{name} $*" >>asked\n{text}\n')
        (self.folder / place).chmod(0o755)

    def run(self, package: str, script: str, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A script of the package, as dpkg runs it."""
        text = packages.checked("dpkg-deb", "-I", packages.built()[package], script)
        for place in PLACES:
            text = text.replace(place, f"{self.folder}{place}")
        return subprocess.run(["sh", "-c", text, script, *words], capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=60, env={"PATH": f"{self.folder}/bin:{os.environ['PATH']}", **environment})

    def asked(self) -> list[str]:
        """Of questions none, of what changes something each."""
        file = self.folder / "asked"
        words = file.read_text().splitlines() if file.exists() else []
        questions = ("systemctl --quiet is-active", "sleep", "dpkg-query", "modinfo", "dkms status", "deb-systemd-helper --quiet")
        return [line for line in words if not line.startswith(questions)]

    def is_there(self, *facts: str) -> list[bool]:
        places = {"again": "run/nadir-start-again", "loaded": "sys/module/nadir"}
        return [(self.folder / places.get(fact, fact)).exists() for fact in facts]
