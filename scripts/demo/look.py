# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`./demo --look`: what Nadir shows of a running system, without a processor that has VT-x: each command with what it prints, `nadir top`
as a person sees it, and the page of `nadir report --html` in a file of this machine."""

from __future__ import annotations

import base64
import gzip
import os
import re
from pathlib import Path

import pyte
from emulator import debian

from . import guest
from .progress import Progress

COLUMNS, ROWS = 80, 24
FUNCTION = "__x64_sys_openat"  # what the guest calls all the time
PAGE = "report.html"

# Of all symbols these few are read, which takes the emulator long. A serial line is slow: the page comes packed.
INIT = f"""\
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
show() {{ echo "@@ show $*"; "$@"; }}
grep -m2 -e ' _stext$' -e ' {FUNCTION}$' /proc/kallsyms > /tmp/names
kernel=$(grep ' _stext' /tmp/names)
while true; do cat /proc/uptime > /tmp/uptime; usleep 50000; done &
insmod /lib/modules/nadir.ko
show nadir on
show nadir stats
show nadir stats --watch 0.5 --count 3 | cat
show nadir trace cpuid --count 5
show nadir hook {FUNCTION} --count 3 --symbols /tmp/names
show nadir memory translate 0x${{kernel%% *}}
echo "@@ top nadir top"
stty cols {COLUMNS} rows {ROWS} < /dev/console
TERM=vt100 nadir top --every 0.5 --count 1 --symbols /tmp/names < /dev/console
echo
echo "@@ end top"
echo "@@ page nadir report --html {PAGE} --seconds 2"
nadir report --html /tmp/page.html --seconds 2 --symbols /tmp/names > /dev/null
busybox gzip -c /tmp/page.html | busybox base64
echo "@@ end page"
show nadir off
echo "@@ end all"
poweroff -f
"""
TERMINFO = "lib/terminfo/v/vt100"


def screen(serial: bytes) -> list[str]:
    """What stands on the terminal when `nadir top` has drawn for the last time, without empty lines."""
    text = re.split(r"@@ top [^\r\n]*\r?\n", serial.decode(errors="replace"))[-1].split("@@ end top")[0]
    # Without what is said to the terminal at the end: other keys again, or its cursor.
    text = text[:max(text.rfind("\x1b[?1l"), text.rfind("\x1b[?25h"))]
    terminal = pyte.Screen(COLUMNS, ROWS)
    pyte.Stream(terminal).feed(text)
    return [line.rstrip() for line in terminal.display if line.strip()]


class Watcher:
    """Shows what the guest prints while it runs, and keeps the page."""

    def __init__(self, directory: Path, progress: Progress) -> None:
        self.page: Path | None = None
        self._directory = directory
        self._progress = progress
        self._part = ""
        self._packed = ""

    def line(self, line: str) -> None:
        word, _, rest = line.removeprefix("@@ ").partition(" ")
        if not line.startswith("@@ "):
            if self._part == "show" and line.strip():
                self._progress.line(line)
            elif self._part == "page":
                self._packed += line.strip()
            return
        if word != "end":
            self._part = word
            self._progress.step(rest)
            self._progress.waiting("running")
            return
        self._part = ""
        if rest == "top":
            for each in screen((self._directory / "serial.txt").read_bytes()):
                self._progress.line(each)
        elif rest == "page":
            self.page = self._directory / PAGE
            self.page.write_bytes(gzip.decompress(base64.b64decode(self._packed)))


def run(options: guest.Options, directory: Path, kernel: debian.Kernel, progress: Progress) -> int:
    machine = guest.machine_to_look(options, directory, kernel, INIT, {TERMINFO: Path("/") / TERMINFO})
    progress.step(f"Debian's kernel {kernel.release}, unmodified, is switched on")
    progress.waiting("Linux boots")
    watcher = Watcher(directory.resolve(), progress)
    ended = machine.run(timeout=600, directory=directory, on_line=watcher.line)
    progress.close()
    if watcher.page is None or ended.reason != "poweroff":
        print(f"{ended.tail()}\n\nThe machine ended by {ended.reason} before everything was shown.")
        return 1
    print(f"\nThe page is {os.path.relpath(watcher.page)}: open it in a browser. docs/look.md explains what you saw.")
    return 0
