# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The emulated machine of the demo: Debian's kernel, our module and command, and an init script that tells the story.

The script reports in lines "@@ WORD ...", which observations.py reads; everything else on the console is for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Sequence

from emulator import debian, fastboot, grub, product, programs
from emulator.bochs import Machine
from emulator.debugger import MACHINE_STATE, stops_of
from emulator.initrd import Initrd
from emulator.kernel_command_line import DEFAULTS, QUICK

PHASES = ("before", "during", "after")

INIT = """\
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp

run() {                                  # a command, its words on the console, and how it ended
    name=$1
    shift
    echo "@@ begin $name"
    "$@"
    echo "@@ end $name $?"
}
as_json() {                              # a label, and a command whose JSON is put on one line
    label=$1
    shift
    echo "@@ json $label $("$@" --json 2>&1 | tr -d '\\n')"
}

complaints() {                           # of the kernel, so far; a bare boot in the emulator may have some
    dmesg | grep -c -i -e 'BUG:' -e 'Oops' -e 'WARNING:' -e 'soft lockup' -e 'hung task' -e 'rcu.*stall'
}

echo "@@ boot $(nproc) $(uname -r)"
echo "@@ complaints before $(complaints)"
run workload-before workload --witness
run insmod insmod /lib/modules/nadir.ko
run on nadir on
run workload-during workload --witness
run status nadir status
as_json status nadir status
run stats nadir stats
run off nadir off
as_json stats nadir stats
run workload-after workload --witness
run rmmod rmmod nadir
echo "@@ complaints after $(complaints)"
dmesg | grep -i nadir | sed 's/^/@@ dmesg /'
echo "@@ done"
poweroff -f
"""

# Without our parts: proves the machine, the workload and the display.
INIT_WORKLOAD_ONLY = "".join(line for line in INIT.splitlines(keepends=True) if "nadir" not in line.lower())


# With the debugger, and somebody who is always busy. What opens no file is of no interest to who debugs.
INIT_TO_DEBUG = """\
#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp
insmod /lib/modules/nadir.ko
echo "@@ gdb"
nadir gdb --port com2
echo "@@ ready"
while true; do read now < /proc/uptime; echo "$now" > /tmp/uptime; sleep 0.1; done
"""
LEAVE_COM2_ALONE = "8250.nr_uarts=1"
# A person at GDB's prompt takes longer than RCU waits, which asks all processors by NMI then what they are doing.
NO_STALLS = "rcupdate.rcu_cpu_stall_suppress=1"


@dataclass
class Options:
    model: str = "corei7_skylake_x"
    processors: int = 2
    grub: bool = False
    workload_only: bool = False


def initrd(options: Options, script: str = "", files: Mapping[str, Path] = {}) -> bytes:
    archive = Initrd()
    for name, path in files.items():
        archive.file(name, path)
    archive.program("bin/workload", programs.workload())
    if not options.workload_only:
        archive.program("bin/nadir", product.tool())
        archive.module(product.module())
    archive.script("init", script or (INIT_WORKLOAD_ONLY if options.workload_only else INIT))
    return archive.archive()


def machine(options: Options, directory: Path, kernel: debian.Kernel) -> Machine:
    """With one magic breakpoint for each processor in each phase, where the debugger reports their state."""
    stops = stops_of(options.processors, options.processors * len(PHASES), MACHINE_STATE)
    bare = Machine(model=options.model, processors=options.processors, magic_break=True, commands=stops)
    if not options.grub:
        return fastboot.linux(bare, directory, kernel, initrd(options), QUICK)
    return grub.boot(bare, directory, grub.entry(f"linux /vmlinuz {DEFAULTS}\ninitrd /initrd"),
                     {"vmlinuz": kernel.image, "initrd": initrd(options)})


def machine_to_debug(options: Options, directory: Path, kernel: debian.Kernel, serial_line: Sequence[str]) -> Machine:
    bare = Machine(model=options.model, processors=options.processors, extra=serial_line)
    return fastboot.linux(bare, directory, kernel, initrd(options, INIT_TO_DEBUG), f"{QUICK} {LEAVE_COM2_ALONE} {NO_STALLS}")


def machine_to_look(options: Options, directory: Path, kernel: debian.Kernel, script: str, files: Mapping[str, Path]) -> Machine:
    bare = Machine(model=options.model, processors=options.processors)
    return fastboot.linux(bare, directory, kernel, initrd(options, script, files), QUICK)
