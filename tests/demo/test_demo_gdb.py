# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""./demo --gdb: what it prints is what a person types, and a hidden breakpoint on a function of the kernel is hit."""

import re
import shlex
import signal
import socket
import subprocess
import threading

import pytest

pytestmark = pytest.mark.xdist_group("demo")

PATIENCE = 600  # seconds of the wall clock


def demo(root, *words):
    return subprocess.run(["./demo", *words], cwd=root, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)


def heed_ctrl_c():
    """A shell's background job ignores it, and so does all that the job starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def lines_until(process, what: str) -> str:
    text = ""
    for line in process.stdout:
        text += line
        if re.search(what, line):
            return text
    raise AssertionError(f"no line {what!r} in\n{text}")


def test_from_the_printed_line_to_a_breakpoint(root):
    with subprocess.Popen(["./demo", "--gdb", "0"], cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, preexec_fn=heed_ctrl_c) as process:
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        try:
            shown = lines_until(process, "Ctrl-C here")
            typed = shlex.split(re.search(r"^    (gdb .*)$", shown, re.MULTILINE)[1])
            for function in ("__x64_sys_openat", "vfs_read"):  # one GDB after the other; what the docs name is hit
                commands = [["-ex", word] for word in (f"break {function}", "continue", "x/i $pc", "monitor cpu 0 exits", "detach")]
                done = subprocess.run([*typed[:2], "-q", "-nx", "-batch", *typed[2:], *sum(commands, [])], cwd=root, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)
                assert f"in {function} ()" in done.stdout and f"<{function}>:\tnop" in done.stdout, shown + done.stdout
                assert "processor 0:\n" in done.stdout and "VMX-preemption timer expired" in done.stdout, done.stdout
                assert "int3" not in done.stdout and "detached" in done.stdout, done.stdout
            process.send_signal(signal.SIGINT)
            assert "The machine is switched off." in process.stdout.read()
            assert process.wait(PATIENCE) == 0
        finally:
            watchdog.cancel()
            process.kill()


def test_a_port_that_is_taken(root):
    """It is said at once, by the port's number and with what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = demo(root, "--gdb", str(port))
    assert done.returncode == 2 and f"TCP port {port} can't be had" in done.stderr and "--gdb PORT takes another one" in done.stderr, done
    assert "building" not in done.stdout, done.stdout


def test_wrong_words(root):
    for words in (["--gdb", "--grub"], ["--gdb", "70000"], ["--gdb", "com2"]):
        done = demo(root, *words)
        assert done.returncode == 2 and "--gdb" in done.stderr, done
