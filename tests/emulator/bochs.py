# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs a machine in Debian's Bochs 2.7, without a screen, and reports what happened.

The emulator is started as `bochs-bin` under a pseudo-terminal: its `term` display needs one, and it opens no network
port (the `rfb` display would). The guest talks through COM1 (and COM2), each a file. A guest ends a run by writing
"Shutdown" to port 0x8900 or by ACPI power-off; anything else that ends it is reported as such.

Runs repeat exactly: the emulated clock is free of the host's (`sync=none`, fixed `time0`, `realtime=0`). With one
processor RDTSC advances by exactly one per instruction. RDRAND and RDSEED are the exception (seeded by time of day).

Nothing here reads HOME or writes outside the run's directory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Sequence

from .debugger import WHERE, Stop, parse_stops, show, where
from .places import ROOT, new_run  # noqa: F401 (ROOT for users of this module)
from .supervisor import FILES, Outcome, Supervisor

INSTRUCTIONS_PER_SECOND = 10_000_000
MOST_PROCESSORS = 15  # with 16 it says "too many registered timers" and ends

# The processor models of Bochs 2.7 that have VMX with EPT, oldest first, and some that lack one or both.
MODELS_WITH_EPT = (
    "corei7_sandy_bridge_2600k",
    "corei7_ivy_bridge_3770k",
    "corei7_haswell_4770",
    "broadwell_ult",
    "corei7_skylake_x",
    "corei3_cnl",
    "corei7_icelake_u",
    "tigerlake",
)
MODELS_WITHOUT_EPT = ("core2_penryn_t9600",)
MODELS_WITHOUT_VMX = ("p4_prescott_celeron_336", "ryzen")


class EmulatorMissing(RuntimeError):
    """The emulator or one of its files isn't installed."""


@dataclass
class Run:
    """What a finished run left behind."""

    reason: str  # shutdown, poweroff, reset, panic, debugger, timeout, stopped, flood, died
    seconds: float
    directory: Path
    serial: str
    serial2: str
    log: str
    debugger: str
    exit_status: int | None
    stops: list[Stop] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """The guest itself ended the run, and the emulator complained about no VM entry."""
        return self.reason in ("shutdown", "poweroff") and not self.vmx_failures

    @property
    def lines(self) -> list[str]:
        return self.serial.splitlines()

    @property
    def vmx_failures(self) -> list[str]:
        """The emulator's own words on VM entries and VMX instructions that failed."""
        return [line for line in self.log.splitlines() if "VMFAIL" in line or "VMENTER FAIL" in line]

    @property
    def panics(self) -> list[str]:
        return [line for line in self.log.splitlines() if ">>PANIC<<" in line and not _ENDINGS.search(line)]

    def tail(self, count: int = 25) -> str:
        """The ends of the console and of the emulator's log, for a person."""
        parts = [f"run ended by {self.reason} after {self.seconds:.1f} s, files in {self.directory}"]
        log = self.log
        if self.reason in ("shutdown", "poweroff"):  # the emulator shows all registers then; not of interest
            log = "\n".join(log[:_ENDINGS.search(log).start()].splitlines()[:-1])
        for name, lines in (("console", self.lines), ("emulator log", _without_repetition(log.splitlines()))):
            parts.append(f"--- {name}, last {count} lines")
            parts.extend(line.rstrip() for line in lines[-count:])
        if self.reason in ("timeout", "debugger"):
            parts.extend(where(self.debugger))
        return "\n".join(parts)


# The runs of the present test, for its report (tests/conftest.py empties it).
recent_runs: list["Run"] = []

_ENDINGS = re.compile(r"Shutdown port: shutdown requested|soft power off")


def _without_repetition(lines: Sequence[str]) -> list[str]:
    """Of messages that differ only in their time the last one, and how many there were (Linux reads MSRs each tick)."""
    last: dict[str, tuple[str, int]] = {}
    for line in lines:
        message = line.lstrip("0123456789")
        last[message] = (line, last.pop(message, ("", 0))[1] + 1)
    return [line + (f" ({count} times)" if count > 1 else "") for line, count in last.values()]


def _find_file(names: Sequence[str], package: str) -> str:
    for name in names:
        if os.path.exists(name):
            return name
    raise EmulatorMissing(f"{names[0]} not found: install Debian's package {package}")


def _program() -> str:
    program = shutil.which("bochs-bin") or shutil.which("bochs-bin", path="/usr/bin:/usr/local/bin")
    if not program:
        raise EmulatorMissing("bochs-bin not found: install Debian's packages bochs and bochs-term")
    return program


def models() -> list[str]:
    """All processor models that the emulator has, by its own list: lines of one word each, amid its messages."""
    done = subprocess.run([_program(), "--help", "cpu"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return re.findall(r"^\w+$", done.stdout + done.stderr, re.MULTILINE)


@dataclass
class Machine:
    """A machine to be run once or more. Paths may be relative to the current directory."""

    model: str = "corei7_skylake_x"
    processors: int = 1
    memory_mib: int = 512
    ignore_bad_msrs: bool = True  # as Linux wants it; False makes unknown MSRs fault as on hardware
    floppy: Path | None = None
    cdrom: Path | None = None
    disk: Path | None = None  # a flat image whose size is a multiple of 516,096 bytes (16 heads, 63 sectors)
    ram_images: Sequence[tuple[Path, int]] = ()  # (file, physical address), at most 4; see fastboot.py
    magic_break: bool = False  # `xchg bx, bx` stops in the debugger, in root and non-root operation alike
    commands: Sequence[str] = ("c",)  # for the internal debugger; when they're used up the run ends
    cpu_debug: bool = False  # the processors' debug messages in the log ("VMEXIT reason = ..."); for short runs
    extra: Sequence[str] = ()  # further lines of the bochsrc

    def configuration(self, directory: Path) -> str:
        bios = _find_file(["/usr/share/bochs/BIOS-bochs-latest"], "bochsbios")
        vga = _find_file(["/usr/share/vgabios/vgabios.bin", "/usr/share/bochs/VGABIOS-lgpl-latest"], "vgabios")
        devices = {
            "voodoo": False, "biosdev": True, "busmouse": False, "iodebug": True, "ne2k": False, "parallel": False,
            "es1370": False, "pcidev": False, "usb_ohci": False, "usb_uhci": False, "usb_ehci": False,
            "usb_xhci": False, "gameport": False, "sb16": False, "pcipnic": False, "e1000": False,
            "extfpuirq": True, "speaker": False, "serial": True, "unmapped": True,
        }
        lines = [
            "plugin_ctrl: " + ", ".join(f"{name}={str(on).lower()}" for name, on in devices.items()),
            "config_interface: textconfig",
            "display_library: term",
            f"memory: guest={self.memory_mib}, host={self.memory_mib}",
            f"romimage: file={bios}",
            f"vgaromimage: file={vga}",
            f"cpu: model={self.model}, count={self.processors}, ips={INSTRUCTIONS_PER_SECOND}, "
            f"reset_on_triple_fault=0, ignore_bad_msrs={int(self.ignore_bad_msrs)}",
            "clock: sync=none, time0=946681200",
            "vga: update_freq=1, realtime=0",
            "port_e9_hack: enabled=0",
            "log: emulator.log",
            "panic: action=fatal",
            "error: action=report",
            "info: action=report",
            "debug: action=ignore" + "".join(f", cpu{n}=report" for n in range(self.processors) if self.cpu_debug),
            "com1: enabled=1, mode=file, dev=serial.txt",
            "com2: enabled=1, mode=file, dev=serial2.txt",
            f"magic_break: enabled={int(self.magic_break)}",
        ]
        for number, (path, address) in enumerate(self.ram_images, 1):
            lines.append(f"optramimage{number}: file={Path(path).resolve()}, address={address:#x}")
        if self.floppy:
            lines.append(f"floppya: 1_44={Path(self.floppy).resolve()}, status=inserted")
        used = bool(self.cdrom or self.disk)
        lines.append(f"ata0: enabled={int(used)}" + (", ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14" if used else ""))
        lines.append("ata1: enabled=0")
        if self.disk:
            cylinders = Path(self.disk).stat().st_size // (16 * 63 * 512)
            lines.append(f"ata0-master: type=disk, path={Path(self.disk).resolve()}, mode=flat, "
                         f"cylinders={cylinders}, heads=16, spt=63")
        if self.cdrom:
            slot = "slave" if self.disk else "master"
            lines.append(f"ata0-{slot}: type=cdrom, path={Path(self.cdrom).resolve()}, status=inserted")
        lines.append("boot: " + ("floppy" if self.floppy else "cdrom" if self.cdrom else "disk"))
        lines.extend(self.extra)
        return "\n".join(lines) + "\n"

    def run(
        self,
        timeout: float = 60,
        on_line: Callable[[str], None] | None = None,
        directory: Path | None = None,
        stop_when: Callable[[str], bool] | None = None,
        end_at_reset: bool = True,
    ) -> Run:
        """Runs the machine until it ends, or for `timeout` seconds of the emulator's processor time.

        on_line is called with each line of COM1 as it arrives; stop_when ends the run when it returns true for one.
        end_at_reset ends the run (reason "reset") when the guest resets the machine; otherwise it boots again.
        """
        program = _program()
        if directory is None:
            directory = new_run("run")
        directory = Path(directory).resolve()
        directory.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            (directory / name).unlink(missing_ok=True)
        (directory / "bochsrc").write_text(self.configuration(directory))
        last_words = show(self.processors, WHERE)  # reached only by a run that is interrupted in the last `c`
        (directory / "commands").write_text("\n".join([*self.commands, *last_words, "q"]) + "\n")
        arguments = [program, "-q", "-unlock", "-f", "bochsrc", "-rc", "commands", "-dbglog", "debugger.txt"]
        outcome = Supervisor(arguments, directory, timeout, on_line, stop_when, end_at_reset).run()
        run = _result(directory, outcome)
        recent_runs.append(run)
        return run


def _result(directory: Path, outcome: Outcome) -> Run:
    def text(name: str) -> str:
        try:
            return (directory / name).read_text(errors="replace").replace("\r\n", "\n")
        except FileNotFoundError:
            return ""

    reason, status = outcome.reason, outcome.status
    log = text("emulator.log")
    debugger = text("debugger.txt")
    if reason is None:
        if "Shutdown port: shutdown requested" in log:
            reason = "shutdown"
        elif "soft power off" in log:
            reason = "poweroff"
        elif ">>PANIC<<" in log:
            reason = "panic"
        elif status is not None and os.WIFEXITED(status) and os.WEXITSTATUS(status) in (0, 1):
            reason = "debugger"
        else:
            reason = "died"
    return Run(reason=reason, seconds=outcome.seconds, directory=directory, serial=text("serial.txt"),
               serial2=text("serial2.txt"), log=log, debugger=debugger, exit_status=status,
               stops=parse_stops(debugger))
