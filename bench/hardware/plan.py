# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""What is run, in which order, as one shell script: so that a machine needs no more than a shell, and what `--dry-run`
shows is what is run.

Pairs are interleaved, and every second one is the other way round (bare, Nadir; Nadir, bare; ...): what drifts while the
machine warms up falls on both sides alike. A first pair isn't counted.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

SIDES = ("bare", "nadir")
LEAST_PAIRS = 10  # of which a median's interval says something
WARM_UP = 0  # the pair that isn't counted


@dataclass(frozen=True)
class Part:
    name: str
    what: str
    command: str  # a line of shell; prints lines "NAME VALUE"
    prepare: str = ""  # a line of shell before it, whose time doesn't count


@dataclass(frozen=True)
class Settings:
    pairs: int = 12
    processor: int = 1  # not 0, which takes most interrupts
    cpuid_rounds: int = 1_000_000
    chase_mib: int = 4096
    chase_steps: int = 20_000_000
    execs: int = 2_000
    programs: str = "."  # where the programs of programs/ were built
    nadir: str = "nadir"
    sql: str = "sqlite.sql"
    kernel_source: str = ""  # configured; without it no kernel is compiled


def all_parts(settings: Settings) -> dict[str, Part]:
    s, q = settings, shlex.quote
    source = q(s.kernel_source)
    parts = [
        Part("cpuid", "ticks of one CPUID, pinned, between two RDTSC", f"{q(s.programs)}/cpuid {s.processor} {s.cpuid_rounds}"),
        Part("chase", f"pointers at random through {s.chase_mib} MiB", f"{q(s.programs)}/chase {s.chase_mib} {s.chase_steps}"),
        Part("exec", f"/bin/true {s.execs} times", f"{q(s.programs)}/exec {s.execs} /bin/true"),
        Part("sqlite", "a million rows in memory", f"{q(s.programs)}/stopwatch sqlite_ns sqlite3 -bail -init {q(s.sql)} :memory: ''"),
        Part("kernel", "Linux compiled by all processors",
             f"{q(s.programs)}/stopwatch kernel_ns make -s -C {source} -j\"$(nproc)\" vmlinux", f"make -s -C {source} clean"),
    ]
    return {part.name: part for part in parts}


def order(pairs: int) -> list[tuple[int, str]]:
    """(pair, side), the warm-up first."""
    return [(pair, side) for pair in range(WARM_UP, pairs + 1) for side in (SIDES if pair % 2 == 0 else SIDES[::-1])]


PROLOGUE = """\
#!/bin/sh
# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Written by bench/hardware/hardware.py. Prints lines "@@ ...", of which hardware.py --summarize makes results.
set -u
nadir={nadir}
online=$(grep -c "^processor" /proc/cpuinfo)
out=$(mktemp) || exit 1
trap 'rm -f "$out"; "$nadir" off > /dev/null 2>&1' EXIT # however it ends, the machine is bare again
trap 'exit 1' HUP INT TERM
stop() {{ echo "@@ failed $*"; exit 1; }}
on_now() {{ "$nadir" status --json | sed -n 's/.*"processors_on": *\\([0-9]*\\).*/\\1/p'; }}
side() {{ # bare or nadir, and proof that it is so: the counter of processors in VMX non-root operation
    case $1 in
    nadir) [ "$(on_now)" != 0 ] || "$nadir" on > "$out" 2>&1 || stop "nadir on: $(cat "$out")"
           [ "$(on_now)" = "$online" ] || stop "not every processor is in VMX non-root operation" ;;
    bare)  [ "$(on_now)" = 0 ] || "$nadir" off > "$out" 2>&1 || stop "nadir off: $(cat "$out")"
           [ "$(on_now)" = 0 ] || stop "a processor is still in VMX non-root operation" ;;
    esac
}}
samples() {{ # PAIR SIDE, and what a part printed
    while read -r name value; do echo "@@ sample $1 $2 $name $value"; done < "$out"
}}
fact() {{ echo "@@ machine $1: $2"; }}
fact processor "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
fact microcode "$(sed -n 's/^microcode[^:]*: //p' /proc/cpuinfo | head -n 1)"
fact processors "$online"
fact kernel "$(uname -r)"
fact "command line" "$(cat /proc/cmdline)"
fact governor "$(cat /sys/devices/system/cpu/cpu0/cpufreq/scaling_governor 2> /dev/null || echo none)"
fact hypervisor "$(grep -q -w hypervisor /proc/cpuinfo && echo 'yes: these figures are another hypervisor'"'"'s, too' || echo no)"
"""


def script(settings: Settings, names: list[str]) -> str:
    known = all_parts(settings)
    lines = [PROLOGUE.format(nadir=shlex.quote(settings.nadir))]
    for pair, side in order(settings.pairs):
        lines.append(f"side {side}")
        for name in names:
            if known[name].prepare:
                lines.append(f"{known[name].prepare} > /dev/null || stop '{name}: can not prepare'")
            lines.append(f"{known[name].command} > \"$out\" || stop '{name}: pair {pair}, {side}'; samples {pair} {side}")
    lines += ["side bare", "echo '@@ complete'", ""]
    return "\n".join(lines)
