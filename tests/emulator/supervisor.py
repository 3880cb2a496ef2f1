# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs one emulator process under a pseudo-terminal, follows its files, and ends it when its time is up."""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import select
import signal
import struct
import termios
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Sequence

FILES = ("serial.txt", "serial2.txt", "emulator.log", "debugger.txt")
PATIENCE = 6  # a busy machine may take so much longer, in wall time, than an idle one
RESET = "bx_pc_system_c::Reset(HARDWARE) called"

LARGEST_FILE = 256 << 20  # what a guest or the emulator may write before we call it a flood


def processor_time(process: int) -> float:
    """Seconds that a process has computed. The emulator never rests, so this is its progress, however busy we are."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass
class Outcome:
    reason: str | None  # timeout, stopped, reset or flood; None: the process ended by itself
    status: int | None  # of waitpid
    seconds: float


class _Follower:
    """Reads what has been added to a growing file, as whole lines."""

    def __init__(self, path: Path):
        self._path = path
        self._file = None
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def lines(self, final: bool = False) -> list[str]:
        if self._file is None:
            try:
                self._file = open(self._path, "rb")
            except FileNotFoundError:
                return []
        self._rest += self._decoder.decode(self._file.read(), final)
        *complete, self._rest = self._rest.split("\n")
        if final and self._rest:
            complete.append(self._rest)
            self._rest = ""
        return [line.rstrip("\r") for line in complete]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()


class Supervisor:
    """One emulator process under a pseudo-terminal. Closing the terminal hangs up an emulator that outlives us."""

    def __init__(self, arguments: Sequence[str], directory: Path, timeout: float, on_line: Callable[[str], None] | None,
                 stop_when: Callable[[str], bool] | None, end_at_reset: bool) -> None:
        self._arguments = arguments
        self._directory = directory
        self._timeout = timeout
        self._on_line = on_line
        self._stop_when = stop_when
        self._end_at_reset = end_at_reset
        self._resets = 0

    def run(self) -> Outcome:
        begin = time.monotonic()
        child, terminal = pty.fork()
        if child == 0:
            self._exec()
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
        serial = _Follower(self._directory / "serial.txt")
        log = _Follower(self._directory / "emulator.log")
        status = None
        reason = None
        try:
            while True:
                self._drain(terminal)
                pid, wait_status = os.waitpid(child, os.WNOHANG)
                if pid:
                    status = wait_status
                ended = self._examine(serial, log, final=status is not None)
                if status is not None:
                    reason = ended if ended == "reset" else None
                    break
                if ended:
                    reason = ended
                    break
                files = [self._directory / name for name in FILES]
                if any(path.exists() and path.stat().st_size > LARGEST_FILE for path in files):
                    reason = "flood"
                    break
                if processor_time(child) > self._timeout or time.monotonic() - begin > PATIENCE * self._timeout + 60:
                    reason = "timeout"
                    break
            if reason == "timeout":
                status = self._interrupt(child, terminal)
        finally:
            if status is None:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
            os.close(terminal)
            serial.close()
            log.close()
        return Outcome(reason, status, time.monotonic() - begin)

    def _interrupt(self, child: int, terminal: int) -> int | None:
        """Interrupts the emulator, so that its debugger says where each processor is, and ends. None if it doesn't."""
        for _ in range(5):  # once for each `c` that is still in the list
            os.kill(child, signal.SIGINT)
            again = time.monotonic() + 1
            while time.monotonic() < again:
                self._drain(terminal)
                pid, status = os.waitpid(child, os.WNOHANG)
                if pid:
                    return status
        return None

    def _exec(self) -> None:
        try:
            os.chdir(self._directory)
            environment = {
                "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "xterm", "LANG": "C", "HOME": str(self._directory)}
            os.execve(self._arguments[0], self._arguments, environment)
        finally:
            os._exit(127)

    @staticmethod
    def _drain(terminal: int) -> None:
        """Waits a little, throwing away what the display draws."""
        ready, _, _ = select.select([terminal], [], [], 0.05)
        if ready:
            try:
                os.read(terminal, 65536)
            except OSError:  # the other side is closed: the child is about to be waited for
                time.sleep(0.02)

    def _examine(self, serial: _Follower, log: _Follower, final: bool) -> str | None:
        for line in serial.lines(final):
            if self._on_line:
                self._on_line(line)
            if self._stop_when and self._stop_when(line):
                return "stopped"
        for line in log.lines(final):
            if RESET in line:
                self._resets += 1
                if self._resets > 1 and self._end_at_reset:
                    return "reset"
        return None
