# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""systemd as the first process in the emulator: Debian's own, with its journal, and no more of its units than a start and a
shutdown take. No udev, no D-Bus: root's systemctl needs neither. And what maintainer scripts call: the helpers, and Perl.

Each systemctl costs a second of computing, half of it in systemd, and so do some features: tell them off.
"""

from __future__ import annotations

from pathlib import Path

from emulator.initrd import Initrd
from linux import guest

PROGRAMS = ("lib/systemd/systemd", "lib/systemd/systemd-shutdown", "lib/systemd/systemd-journald", "bin/systemctl", "usr/bin/perl")
UNITS = ("basic.target", "final.target", "multi-user.target", "poweroff.target", "shutdown.target", "sysinit.target",
         "systemd-journald.socket", "systemd-poweroff.service", "umount.target")
HELPERS = ("deb-systemd-helper", "deb-systemd-invoke")

# To ask the kernel whether it has BPF for control groups takes it five seconds; for those of the first version, systemd doesn't.
COMMAND_LINE = ("systemd.unified_cgroup_hierarchy=0 systemd.legacy_systemd_cgroup_controller=1 cgroup_disable=cpu,cpuset,io,memory,"
                "pids,freezer,devices,net_cls,perf_event,net_prio,hugetlb,rdma,misc")

# Debian's without its walls, which take long to build.
JOURNAL = """[Unit]
DefaultDependencies=no
Requires=systemd-journald.socket
After=systemd-journald.socket
[Service]
ExecStart=/lib/systemd/systemd-journald
Sockets=systemd-journald.socket
Type=notify
"""
# What is done is a service, too: the last of those that a start waits for.
DEEDS = """[Unit]
After=multi-user.target
[Service]
Type=exec
ExecStart=/deeds
StandardOutput=tty
StandardError=tty
TTYPath=/dev/console
"""
FILES = {
    "etc/systemd/system.conf": "[Manager]\nShowStatus=no\n",
    "etc/systemd/journald.conf": "[Journal]\nStorage=volatile\nCompress=no\nSeal=no\nReadKMsg=no\nAudit=no\n",
    "etc/systemd/system/deeds.service": DEEDS,
    "lib/systemd/system/systemd-journald.service": JOURNAL,
    "etc/machine-id": "0123456789abcdef0123456789abcdef\n",
    "etc/os-release": "ID=debian\n",
    "etc/hostname": "debian\n",
    "etc/group": "root:x:0:\n",
}
LINKS = {
    "etc/systemd/system/default.target": "/lib/systemd/system/multi-user.target",
    "etc/systemd/system/multi-user.target.wants/deeds.service": "../deeds.service",
    "lib/systemd/system/sysinit.target.wants/systemd-journald.service": "../systemd-journald.service",
}
# The first process's script.
START = "seed; exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd\n"


def prepare(initrd: Initrd, deeds: str, last: str) -> None:
    """deeds: a script that runs once the system is up. last: one that runs when systemd has stopped everything."""
    for name in PROGRAMS:
        initrd.program(name, Path("/") / name)
    initrd.program("bin/seed", guest.program("seed"))
    initrd.file("usr/share/perl5/quick_perl.pm", Path(__file__).with_name("quick_perl.pm"))
    for name in HELPERS:
        initrd.file(f"usr/bin/{name}", Path("/usr/bin", name), 0o755)
    for name in UNITS:
        initrd.file(f"lib/systemd/system/{name}", Path("/lib/systemd/system", name))
    for name, text in FILES.items():
        initrd.file(name, text)
    for name, target in LINKS.items():
        initrd.link(name, target)
    initrd.directory("var/lib/systemd")
    initrd.file("functions", guest.FUNCTIONS)
    initrd.script("deeds", "#!/bin/sh\n. /functions\n" + deeds)
    initrd.script("lib/systemd/system-shutdown/last", "#!/bin/sh\n. /functions\nexec >/dev/console 2>&1\n" + last)
