# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""GDB attaches to Debian's running kernel from beneath, on two processors, with the names that the kernel itself gives."""

from __future__ import annotations

import re
import subprocess
import time

from emulator import debian, fastboot
from emulator.gdb import COM2, Visit
from emulator.initrd import Initrd
from emulator.kernel_command_line import QUICK

from .host import boot, processors_in_guest

NAMES = ("__x64_sys_openat", "linux_banner", "jiffies")
ROUNDS = 4000
SCRIPT = f"""#!/bin/sh
mount -t proc proc /proc
grep -E ' ({"|".join(NAMES)})$' /proc/kallsyms
echo "@@ ready"
taskset 2 sh -c 'i=0; while [ $i -lt {ROUNDS} ]; do i=$((i + 1)); read x < /proc/self/stat; done; echo "second $i"' &
i=0; while [ $i -lt {ROUNDS} ]; do i=$((i + 1)); read x < /proc/self/stat; done; echo "first $i"
wait
cat /proc/version
dmesg | grep -c -E 'BUG|WARNING|stall' | sed 's/^/complaints /'
echo "@@ shell done"
poweroff -f
"""


def symbols(serial: str, directory):
    """A file that GDB takes the names from: those that the kernel printed."""
    found = dict(reversed(line.split()[::2]) for line in serial.splitlines() if re.fullmatch(r"[0-9a-f]{16} \w \w+", line))
    assert set(found) == set(NAMES), serial
    text = "".join(f".globl {name}\n.set {name}, 0x{place}\n" for name, place in found.items())
    subprocess.run(["as", "-o", directory / "names.o", "-"], input=text, text=True, check=True)
    return directory / "names.o"


COMMANDS = [
    "info threads", "x/s (char*)&linux_banner", "break *(long)&__x64_sys_openat", "continue",
    "x/s *(char**)($rdi + 0x68)", "x/i $pc", "print/x *(unsigned char*)$pc", "stepi", "stepi", "continue", "continue",
    "info registers cr0 cr3 cr4 efer gs_base lstar tr eflags", "print/x *(long*)&jiffies", "monitor exits", "delete", "detach",
]


def test_gdb_attaches_to_linux(tmp_path):
    def talk(line, machine):
        serial = tmp_path / "serial.txt"
        for _ in range(2400):
            if serial.is_file() and "@@ ready" in serial.read_text(errors="replace"):
                names = symbols(serial.read_text(errors="replace").replace("\r", ""), tmp_path)
                return line.gdb(machine, COMMANDS, names)
            time.sleep(0.1)
        raise AssertionError("Linux never got to its shell")

    image = Initrd()
    image.script("init", SCRIPT)
    visit = Visit(talk)
    # The kernel is to leave COM2 alone.
    modules = [fastboot.Module(debian.kernel().image, f"{QUICK} 8250.nr_uarts=1"), fastboot.Module(image.archive())]
    run = boot(tmp_path, f"log=error gdb={COM2:#x} hook_pages=64", modules, timeout=300, processors=2, memory_mib=512,
               ignore_bad_msrs=True, extra=[visit.line.configuration])
    words = visit.result()
    assert run.reason == "poweroff" and not run.vmx_failures and not run.panics, run.tail()
    assert processors_in_guest(run) == [0, 1]
    for line in (f"first {ROUNDS}", f"second {ROUNDS}", "complaints 0", "@@ shell done"):
        assert line in run.lines, run.tail()
    assert "(processor 0, CPL" in words and "(processor 1, CPL" in words, words
    assert "Linux version 6.1." in words and '"/proc/self/stat"' in words, words
    assert words.count("hit Breakpoint 1, ") == 3, words
    assert re.search(r"^\$1 = 0x(0f|f)$", words, re.M), words  # of the kernel's own five-byte NOP, no INT3
    assert re.search(r"^efer .*\[ sce lme lma nxe \]", words, re.M), words
    assert "VMX-preemption timer expired" in words and "detached" in words
