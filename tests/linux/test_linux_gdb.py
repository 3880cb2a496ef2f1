# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What a user does with `nadir gdb` in a running Debian on two processors: a real GDB with the kernel's symbols attaches from
beneath. A program and a module of that Debian look meanwhile whether they can tell."""

from __future__ import annotations

import re
import threading

import pytest

from emulator import debian, kallsyms
from emulator.bochs import Machine
from emulator.gdb import Visit

from . import guest

pytestmark = [pytest.mark.xdist_group("linux-gdb")]

FUNCTION = "__x64_sys_sched_get_priority_max"
# Its argument is the program's registers (struct pt_regs).
DI, IP = 0x70, 0x80
FIFO, PRIORITY = 1, 99  # for which the kernel answers another number than for SCHED_OTHER

SCRIPT = f"""
load; insmod /lib/modules/nadir_probe.ko; insmod /lib/modules/nadir_snapshot.ko
probe() {{ echo "$@" > /proc/nadir_probe; dmesg -c | grep -oE 'nadir_probe: (sum|looked).*'; }}
try() {{ nadir gdb "$@" 2>&1; echo status $?; }}
section names; grep -m 2 -E ' ({FUNCTION}|fixed_percpu_data)$' /proc/kallsyms
section refused; try --port com1; try --port com3; try --port com9
section used; (exec 9<> /dev/ttyS1; try)
probe look; snapshot before
section on; try; try; try --port com3 --force; nadir status
section ready
debugged 0 & debugged 1 & wait
section off; nadir off; nadir status; snapshot after
section same; changes before after; probe look; probe looked; probe sum
finish
"""

ANSWER = f"set var *(long*)($rdi + {DI:#x}) = {FIFO}"  # ends the program that asks
COMMANDS = [
    "info threads", "x/s (char*)&linux_banner",
    f"break *{FUNCTION}", "continue", "print/x *(unsigned char*)$pc", "x/i $pc", "info registers cr0 cr3 cr4 efer tr cs eflags",
    "set scheduler-locking on", "stepi", "stepi", "set scheduler-locking off", "info symbol $pc",
    "print/x $eflags & 0x100", "monitor walk ffffffff81000000", "monitor exits",
    "delete", "continue", "info threads",  # until Ctrl-C
    "watch *(unsigned long*)&jiffies", "continue", "info symbol $pc", "delete",
    f"break *{FUNCTION}", "continue", ANSWER, "continue",  # the one, and so the other
    f"tbreak **(long*)($rdi + {IP:#x})", "delete 3", "continue", "info threads", "stepi", "stepi", "print $rax",
    f"break *{FUNCTION}", "continue", ANSWER, "delete", "detach",
]


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """The boot, and what GDB said."""
    directory = tmp_path_factory.mktemp("gdb")
    kernel = kallsyms.file_for_gdb(debian.kernel().vmlinux, directory / "kernel.elf")
    ready = threading.Event()

    def talk(line, machine):
        assert ready.wait(600), "the guest did not get so far"
        return line.gdb(machine, COMMANDS, kernel, ctrl_c_at=2)

    visit = Visit(talk)
    boot = guest.boot(directory, SCRIPT, programs=("nadir", "debugged"), machine=Machine(processors=2, extra=[visit.line.configuration]),
                      append="8250.nr_uarts=2", modules=[guest.helper_module("probe")], timeout=200,
                      on_line=lambda line: ready.set() if line == "== ready" else None)
    return boot, visit.result()


def test_machine_runs_on(session):
    boot, _ = session
    guest.assert_quiet(boot)
    assert "Nadir is off" in boot.text("off") and boot["same"][0] == "none"


def test_names_are_the_kernels(session):
    """Those that we read from the image without running it are those that the running kernel shows."""
    boot, _ = session
    known = kallsyms.system_map(debian.kernel().vmlinux).read_text().splitlines()
    assert len(boot["names"]) == 2 and set(boot["names"]) <= set(known)


def test_a_port_that_is_used_or_not_there(session):
    boot, _ = session
    for words in ("The system uses com1 (0x3f8) itself, as ttyS0: it is a console of the kernel's.", "There is no UART at com3",
                  "There is no serial port 'com9'"):
        assert words in boot.text("refused"), words
    assert [line for line in boot["refused"] if line.startswith("status")] == ["status 1", "status 1", "status 2"]
    assert re.search(r"The system uses com2 \(0x2f8\) itself, as ttyS1: (sh|init|busybox|ash) \(process \d+\) has it open\.", boot.text("used"))
    assert "status 1" in boot["used"]
    assert "The system has a driver for this port (ttyS1). Nobody has it open" in boot.text("on")


def test_it_says_what_to_do(session):
    boot, _ = session
    for words in ("Its debugger listens at com2 (0x2f8)", "gdb kernel.elf", "Nadir is already on, and its debugger listens at com2 (0x2f8)",
                  "`nadir off`, and then this command again"):
        assert words in boot.text("on"), words
    assert [line for line in boot["on"] if line.startswith("status")] == ["status 0", "status 6", "status 6"]
    assert re.search(r"debugger: +listens at com2", boot.text("on")) and "listens" not in boot.text("off")


def test_gdb_sees_the_kernel(session):
    _, words = session
    assert "(processor 0, CPL" in words and "(processor 1, CPL" in words, words
    assert "Linux version 6.1." in words
    assert re.search(r"^cr0 .*\[ pe .*wp .*pg", words, re.M) and re.search(r"^efer .*\[ sce lme lma nxe", words, re.M), words
    assert "0xffffffff81000000 is at physical address 0x1000000" in words, words
    assert "VMX-preemption timer expired" in words


def test_breakpoints_and_steps(session):
    _, words = session
    assert re.search(rf"hit Breakpoint 1, 0xffffffff8[0-9a-f]+ in {FUNCTION} \(\)", words), words
    assert re.search(r"^\$1 = 0xf$", words, re.M) and "int3" not in words  # of the kernel's own five-byte NOP
    assert re.search(rf"^=> 0x[0-9a-f]+ <{FUNCTION}>:\tnop", words, re.M), words
    assert re.search(rf"^{FUNCTION} \+ \d+ in section .text", words, re.M), words
    assert re.search(r"^\$2 = 0x0$", words, re.M), words  # no trap flag in what GDB shows, either
    assert "received signal SIGINT" in words, words
    assert {int(number) for number in re.findall(r"^Thread (\d) hit Breakpoint 3", words, re.M)} == {1, 2} or \
        len(re.findall(r"Breakpoint 3, ", words)) >= 2, words


def test_watchpoint(session):
    """Of the kernel's own clock, which its timer interrupt advances."""
    _, words = session
    old, new = (int(re.search(rf"^{which} value = (\d+)$", words, re.M)[1]) for which in ("Old", "New"))
    assert new > old and "Hardware watchpoint 2" in words, words


def test_in_a_program(session):
    _, words = session
    assert re.search(r"\* [12] +Thread [12] \(processor [01], CPL 3\)", words), words
    assert re.search(r"^\$3 = 0$", words, re.M), words  # the system call's answer
    assert "[Inferior 1 (process 1) detached]" in words or "detached" in words


def test_the_system_cannot_tell(session):
    boot, _ = session
    lines = [line for line in boot["ready"] if line.startswith("processor")]
    assert len(lines) == 2
    for number in (0, 1):
        assert any(line.startswith(f"processor {number} answer {PRIORITY} traces 0 signals 0 rounds ") for line in lines), lines
    (looked,) = [line for line in boot["same"] if "looked" in line]
    assert re.fullmatch(r"nadir_probe: looked \d{2,} differences 0", looked)
