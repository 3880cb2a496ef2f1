# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""`./demo --gdb`: the machine stays there, for a person with GDB at the other end of its serial line.

The emulator connects its COM2 to us when it starts, and GDB connects to a port of ours whenever it likes, again and again."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Callable

from emulator import debian, kallsyms
from emulator.gdb import answer_at_once

from . import guest
from .progress import Progress

DEFAULT_PORT = 1234
A_DAY = 24 * 60 * 60  # of the emulator's processor time: a person takes their time

WORDS = """
GDB may attach now. In another terminal, in this folder:

    gdb {kernel} -ex 'set remotetimeout 30' -ex 'target remote localhost:{port}'

and there, for instance:

    info threads
    break __x64_sys_openat
    continue

The guest opens files all the time; docs/debugging.md has a session. Ctrl-C here switches the machine off.
"""


class PortTaken(RuntimeError):
    """Somebody else listens where GDB is to connect."""


def _listener(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        listener.close()
        raise PortTaken(f"TCP port {port} can't be had ({error.strerror}); --gdb PORT takes another one.") from error
    listener.listen(1)
    return listener


class Bridge:
    """Carries bytes between the emulator and the GDB that is there, if one is."""

    def __init__(self, port: int) -> None:
        self._gdb = _listener(port)
        self._emulator = _listener(0)
        self._debugger: socket.socket | None = None
        self.port = self._gdb.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def configuration(self) -> str:
        """The line of the bochsrc."""
        return f"com2: enabled=1, mode=socket-client, dev=127.0.0.1:{self._emulator.getsockname()[1]}"

    def _serve(self) -> None:
        machine, _ = self._emulator.accept()
        threading.Thread(target=self._answers, args=(machine,), daemon=True).start()
        while True:
            self._debugger, _ = self._gdb.accept()
            with self._debugger:
                _carry(self._debugger, machine.sendall)
            self._debugger = None

    def _answers(self, machine: socket.socket) -> None:
        def to_gdb(data: bytes) -> None:
            if debugger := self._debugger:
                try:
                    debugger.sendall(data)
                except OSError:
                    pass  # it has gone; the next one asks again

        _carry(machine, to_gdb)


def _carry(source: socket.socket, to: Callable[[bytes], object]) -> None:
    try:
        source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := source.recv(4096):
            answer_at_once(source)
            to(data)
    except OSError:
        pass


def run(options: guest.Options, directory: Path, kernel: debian.Kernel, progress: Progress, bridge: Bridge, verbose: bool) -> int:
    directory.mkdir(parents=True, exist_ok=True)
    symbols = kallsyms.file_for_gdb(kernel.vmlinux, directory / "kernel.elf")
    machine = guest.machine_to_debug(options, directory, kernel, [bridge.configuration])
    progress.step(f"Debian's kernel {kernel.release}, unmodified, is switched on; its symbols are in {symbols.name}")
    progress.waiting("Linux boots")

    def line(text: str) -> None:
        if text == "@@ ready":
            progress.waiting("")
            progress.plain(WORDS.format(kernel=_from_here(symbols), port=bridge.port))
        elif text == "@@ gdb":
            progress.step("nadir gdb --port com2")
            progress.waiting("each processor becomes a guest")
        elif verbose or text.startswith(("nadir:", "Nadir")):
            progress.line(text)

    try:
        ended = machine.run(timeout=A_DAY, directory=directory, on_line=line)
    except KeyboardInterrupt:
        progress.close()
        print("The machine is switched off.")
        return 0
    progress.close()
    print(f"{ended.tail()}\n\nThe machine ended by {ended.reason} before anybody had switched it off.")
    return 1


def _from_here(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
