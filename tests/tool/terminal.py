# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A program on a terminal that is there: a pseudo-terminal, and what a person would see on it."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Callable

sys.path.append("/usr/lib/python3/dist-packages")  # Debian's python3-pyte, whichever Python runs the tests
import pyte  # noqa: E402


class Terminal:
    """Runs `command` on a terminal of this size; `screen` is what it shows."""

    def __init__(self, command: list[str | Path], columns: int = 80, rows: int = 24, **environment: str) -> None:
        self.columns = columns
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self.screen)
        self._master, slave = os.openpty()
        self._set_size(columns, rows)
        clean = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment}
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=clean, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.bytes = b""

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, columns: int, rows: int) -> None:
        self.columns = columns
        self.screen.resize(rows, columns)
        self.screen.reset()
        self._set_size(columns, rows)

    def press(self, keys: str) -> None:
        os.write(self._master, keys.encode())

    @property
    def echoes(self) -> bool:
        """Does it show what is typed, as terminals do that nobody reads single keys of?"""
        return bool(termios.tcgetattr(self._master)[3] & termios.ECHO)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self.screen.display)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._master], [], [], seconds)[0]:
            return True
        try:
            data = os.read(self._master, 65536)
        except OSError:  # nobody is at the other end any more
            return False
        self.bytes += data
        self._stream.feed(data)
        return bool(data)

    def wait_for(self, shown: str | Callable[[str], bool], seconds: float = 60) -> str:
        """Until that is to be seen. Returns the whole screen."""
        is_shown = (lambda text: shown in text) if isinstance(shown, str) else shown
        end = time.monotonic() + seconds
        while not is_shown(self.text):
            assert time.monotonic() < end and self._read(0.1), f"not on the screen: {shown!r}\n{self.text}"
        return self.text

    def settled(self) -> str:
        """The screen, when nothing has come for a while."""
        last = time.monotonic()
        while time.monotonic() - last < 0.7:
            before = len(self.bytes)
            self._read(0.1)
            if len(self.bytes) != before:
                last = time.monotonic()
        return self.text

    def end(self, seconds: float = 60) -> int:
        """Waits for the program to end, and says how it did."""
        until = time.monotonic() + seconds
        while self.process.poll() is None and time.monotonic() < until:
            self._read(0.1)
        while self._read(0):
            if not select.select([self._master], [], [], 0)[0]:
                break
        return self.process.wait(1)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._master)
