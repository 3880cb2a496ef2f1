# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""GDB attaches to Debian's running kernel from beneath, on two processors: Linux that the bare host started."""

from __future__ import annotations

import re
import threading

from emulator import debian, fastboot, kallsyms
from emulator.gdb import COM2, Visit
from emulator.initrd import Initrd
from emulator.kernel_command_line import QUICK

from .host import boot, processors_in_guest

OVER = 7  # one digit: a shell reads byte by byte, and this file has no second one
SCRIPT = f"""#!/bin/sh
mount -t proc proc /proc
echo "@@ ready"
taskset 2 sh -c 'until read x < /proc/sys/kernel/panic; [ $x = {OVER} ]; do :; done; echo "second $x"' &
until read x < /proc/sys/kernel/panic; [ $x = {OVER} ]; do :; done; echo "first $x"
wait
cat /proc/version
dmesg | grep -E 'BUG:|WARNING:|stall' | sed 's/^/complaint: /'
echo "@@ shell done"
poweroff -f
"""

COMMANDS = [
    "info threads", "x/s (char*)&linux_banner", "break *__x64_sys_openat", "continue",
    "x/s *(char**)($rdi + 0x68)", "x/i $pc", "print/x *(unsigned char*)$pc", "stepi", "stepi", "continue", "continue",
    "info registers cr0 cr3 cr4 efer gs_base lstar tr eflags", "print/x *(long*)&jiffies", "monitor exits", "delete",
    f"set var *(int*)&panic_timeout = {OVER}", "detach",
]


def test_gdb_attaches_to_linux(tmp_path):
    kernel = kallsyms.file_for_gdb(debian.kernel().vmlinux, tmp_path / "kernel.elf")
    ready = threading.Event()

    def talk(line, machine):
        assert ready.wait(600), "Linux never got to its shell"
        return line.gdb(machine, COMMANDS, kernel)

    image = Initrd()
    image.script("init", SCRIPT)
    visit = Visit(talk)
    # The kernel is to leave COM2 alone.
    modules = [fastboot.Module(debian.kernel().image, f"{QUICK} 8250.nr_uarts=1"), fastboot.Module(image.archive())]
    run = boot(tmp_path, f"log=error gdb={COM2:#x} hook_pages=64", modules, timeout=300, processors=2, memory_mib=512,
               ignore_bad_msrs=True, extra=[visit.line.configuration],
               on_line=lambda line: ready.set() if line == "@@ ready" else None)
    words = visit.result()
    # The emulator's sizes of XSAVE areas disagree, without us as well: the kernel says so at its boot. Nothing of stalls.
    assert not [line for line in run.lines if line.startswith("complaint") and "fpu__init_system_xstate" not in line]
    assert run.reason == "poweroff" and not run.vmx_failures and not run.panics, run.tail()
    assert processors_in_guest(run) == [0, 1]
    for line in (f"first {OVER}", f"second {OVER}", "@@ shell done"):
        assert line in run.lines, run.tail()
    assert "(processor 0, CPL" in words and "(processor 1, CPL" in words, words
    assert "Linux version 6.1." in words and '"/proc/sys/kernel/panic"' in words, words
    # Each `continue` ends there; and while one processor steps, the other may come there, too.
    assert 3 <= words.count("hit Breakpoint 1, ") <= 5, words
    assert re.search(r"^\$1 = 0x(0f|f)$", words, re.M), words  # of the kernel's own five-byte NOP, no INT3
    assert re.search(r"^efer .*\[ sce lme lma nxe \]", words, re.M), words
    assert "VMX-preemption timer expired" in words and "detached" in words
