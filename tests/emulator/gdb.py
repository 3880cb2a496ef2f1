# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A real GDB at the other end of the emulator's serial port.

The emulator connects its COM2 to a port of ours when it starts, GDB connects to another one, and a thread carries bytes between
them, and keeps them: so a test can also say something that GDB never would."""

from __future__ import annotations

import select
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Callable, Sequence

PROGRAM = "gdb"
COM2 = 0x2F8
CONTINUE = b"$vCont;c"
MOMENT = 0.5  # seconds
PATIENCE = 400  # seconds of the wall clock, for a machine that shares its processors


def _listener() -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    listener.settimeout(PATIENCE)
    return listener


def run(commands: Sequence[str], port: int, symbols: Path | None = None, ctrl_c_when: Callable[[], bool] | None = None) -> str:
    """What GDB printed of these commands, once it had connected. Once ctrl_c_when() is true, somebody presses Ctrl-C."""
    every = ["set confirm off", "set pagination off", "set width 0", "set remotetimeout 60", f"target remote 127.0.0.1:{port}", *commands]
    arguments = [PROGRAM, "-q", "-nx", "-batch", *([str(symbols)] if symbols else ["-ex", "set architecture i386:x86-64"])]
    for command in every:
        arguments += ["-ex", command]
    with subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as gdb:
        end = time.monotonic() + PATIENCE
        try:
            while ctrl_c_when and gdb.poll() is None and time.monotonic() < end:
                if ctrl_c_when():
                    gdb.send_signal(signal.SIGINT)
                    ctrl_c_when = None
                time.sleep(0.1)
            return gdb.communicate(timeout=PATIENCE)[0]
        finally:
            gdb.kill()


def answer_at_once(source: socket.socket) -> None:
    """The emulator sends byte by byte, and TCP keeps the second one back until the first is acknowledged, which takes 40 ms otherwise.
    To be said again behind each recv."""
    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class Line:
    """Between the emulator and GDB. `talk`, in a thread of its own, is the test's part once the emulator is there."""

    def __init__(self) -> None:
        self._emulator = _listener()
        self.sent = bytearray()      # by GDB
        self.answered = bytearray()  # by the debugger beneath

    @property
    def configuration(self) -> str:
        """A line of the bochsrc, in place of the usual COM2."""
        return f"com2: enabled=1, mode=socket-client, dev=127.0.0.1:{self._emulator.getsockname()[1]}"

    def _bridge(self, machine: socket.socket, end: socket.socket) -> None:
        """Until one end has gone. In one thread: another one would still wait for the machine when the next GDB is there, and take
        what is meant for that."""
        for one in (machine, end):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        others = {machine: (end, self.answered), end: (machine, self.sent)}
        try:
            while True:
                for source in select.select([machine, end], [], [])[0]:
                    to, kept = others[source]
                    data = source.recv(4096)
                    if not data:
                        return  # of the machine: it is off, and GDB needn't wait for it
                    answer_at_once(source)
                    kept += data
                    to.sendall(data)
        except OSError:
            pass

    def gdb(self, machine: socket.socket, commands: Sequence[str], symbols: Path | None = None, ctrl_c_at: int = 0) -> str:
        """What it printed. ctrl_c_at: somebody presses Ctrl-C a moment after so many `continue`."""
        listener = _listener()
        continued = self.sent.count(CONTINUE) + ctrl_c_at
        reached: list[float] = []

        def is_time() -> bool:
            if self.sent.count(CONTINUE) >= continued:
                reached.append(time.monotonic())
            return bool(reached) and time.monotonic() > reached[0] + MOMENT

        def bridge() -> None:
            end, _ = listener.accept()
            with end:
                self._bridge(machine, end)

        carrier = threading.Thread(target=bridge, daemon=True)
        carrier.start()
        with listener:
            said = run(commands, listener.getsockname()[1], symbols, is_time if ctrl_c_at else None)
            carrier.join(PATIENCE)
            return said

    def accept(self) -> socket.socket:
        machine, _ = self._emulator.accept()
        return machine


class Visit(threading.Thread):
    """Runs talk(line, machine) while the emulator runs; `result` raises what it raised."""

    def __init__(self, talk: Callable[[Line, socket.socket], object]) -> None:
        super().__init__(daemon=True)
        self.line = Line()
        self._talk = talk
        self._value: object = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            with self.line.accept() as machine:
                self._value = self._talk(self.line, machine)
        except BaseException as error:  # noqa: BLE001 - it is the test's, and raised there
            self._error = error

    def result(self):
        self.join(PATIENCE)
        if self._error is not None:
            raise self._error
        return self._value
