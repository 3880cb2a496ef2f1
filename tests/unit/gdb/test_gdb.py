# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""A real GDB and the debugger's protocol, on a machine that is made up (fake_machine.h)."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import threading

import pytest

from emulator import gdb


@pytest.fixture
def visit(build):
    assert shutil.which(gdb.PROGRAM), "gdb is missing: install Debian's package gdb (./test does)"

    def run(*commands: str) -> tuple[str, str]:
        """What GDB and the machine printed."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            machines = []

            def serve() -> None:
                end, _ = listener.accept()
                with end:
                    machines.append(subprocess.Popen([build / "tests/unit/gdb/nadir_gdb_debuggee", str(end.fileno())],
                                                     pass_fds=[end.fileno()], stdout=subprocess.PIPE, text=True))

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            words = gdb.run(commands, listener.getsockname()[1])
            thread.join()
        (machine,) = machines
        return words, machine.communicate(timeout=60)[0]

    return run


def test_registers_memory_and_threads(visit):
    words, machine = visit("info threads", "info registers", "print $cr0", "x/4xb 0x1000", "set var *(char*)0x1002 = 0x55",
                           "x/4xb 0x1000", "x/4xb 0x1ffe", "thread 2", "print $rax", "set var $rax = 5", "print $rax",
                           "set var $cr3 = 5", "monitor where", "monitor nothing", "monitor parts", "detach")
    assert re.search(r"^\* 1 .*Thread 1 \(made up 0\).*\n  2 .*Thread 2 \(made up 1\)", words, re.M), words
    for line in (r"rax +0x1000000 ", r"cr0 +0x100002b +\[ pe mp ts ne \]", r"eflags +0x1000011 +\[ cf af", r"lstar +0x100003e",
                 r"dr7 +0x1000035 .*l0 l1 l2 g2"):
        assert re.search("^" + line, words, re.M), (line, words)
    assert "0x00\t0x07\t0x0e\t0x15" in words and "0x00\t0x07\t0x55\t0x15" in words
    assert "0xf2\t0xf9\tCannot access memory at address 0x2000" in words
    assert "$2 = 33554432" in words and "$3 = 5" in words
    assert 'Could not write register "cr3"' in words and "on processor 1" in words and "does not support this command" in words
    assert "part 1\npart 2\npart 3\n" in words, words
    assert machine == "detached\n"


def test_breakpoints_and_steps(visit):
    words, machine = visit("break *0x1110", "continue", "continue", "delete", "thread 1", "stepi", "stepi", "set scheduler-locking on",
                           "thread 2", "print $pc", "thread 1", "stepi", "thread 2", "print $pc", "break *0x9999", "continue", "detach")
    assert re.search(r"Thread [12] hit Breakpoint 1, 0x0*1110 in", words), words
    first, second = re.findall(r"^\$\d+ = .*(0x\w+)$", words, re.M)
    assert first == second, words
    assert "Cannot insert breakpoint 2" in words and "Cannot access memory at address 0x9999" in words
    assert machine == "detached\n"


def test_what_cant_be_stepped(visit):
    words, machine = visit("set var $pc = 0x1118", "stepi", "detach")
    assert "E01" in words and machine == "detached\n"
