# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Runs the oracle's guest program on a model of the emulator, and the judge on what came out."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

from emulator import bochs, fastboot

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results"
UNREACHABLE = HERE / "unreachable.txt"

# From the oldest to the newest. The first one has no EPT, and so no unrestricted guests.
MODELS = (
    "core2_penryn_t9600",
    "corei7_sandy_bridge_2600k",
    "corei7_haswell_4770",
    "corei7_skylake_x",
    "corei7_icelake_u",
    "tigerlake",
)


@dataclass
class Recording:
    """A finished run, in a directory; it can be judged again and again."""

    directory: Path
    build: Path

    def judge(self, *options: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        program = self.build / "tests" / "oracle" / "nadir_oracle_judge"
        return subprocess.run([program, "--console", self.directory / "serial.txt", "--log",
                               self.directory / "emulator.log", "--data", HERE, *options],
                              capture_output=True, text=True, timeout=timeout)

    def counts(self) -> tuple[dict, subprocess.CompletedProcess[str]]:
        """The judge's counts, and how it ended: status 0 where nothing disagrees."""
        file = self.directory / "counts.json"
        file.unlink(missing_ok=True)
        done = self.judge("--json", str(file))
        return (json.loads(file.read_text()) if file.exists() else {}), done

    def remove(self) -> None:
        """The log is large."""
        (self.directory / "emulator.log").unlink(missing_ok=True)


def record(model: str, build: Path, directory: Path, timeout: float = 120) -> Recording:
    machine = bochs.Machine(model=model, memory_mib=64)
    machine = fastboot.multiboot(machine, directory, build / "tests" / "oracle" / "nadir_oracle_guest")
    run = machine.run(timeout=timeout, directory=directory)
    if run.reason != "shutdown" or not run.lines or run.lines[-1] != "end":
        raise RuntimeError(f"the guest program did not come to its end on {model}:\n" + run.tail())
    bochs.recent_runs.clear()  # each holds its log, a hundred megabytes
    return Recording(directory, build)


def stored(model: str) -> dict:
    return json.loads((RESULTS / f"{model}.json").read_text())


def store(model: str, counts: dict) -> None:
    """One line per baseline and per rule, so that a change shows as one."""
    RESULTS.mkdir(exist_ok=True)
    parts = []
    for key, value in counts.items():
        if isinstance(value, dict):
            lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
            parts.append(f' {json.dumps(key)}: {{\n{lines}\n }}')
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    (RESULTS / f"{model}.json").write_text("{\n" + ",\n".join(parts) + "\n}\n")


def unreachable() -> dict[str, str]:
    """Rules that no model can confirm, with the reason."""
    rules = {}
    for line in UNREACHABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            rule, _, reason = line.partition(": ")
            rules[rule.strip()] = reason.strip()
    return rules


def waivers() -> dict[str, dict[str, str]]:
    """waivers.txt, for the table; the judge reads it itself."""
    sections: dict[str, dict[str, str]] = {}
    entry: dict[str, str] = {}
    for line in (HERE / "waivers.txt").read_text().splitlines():
        if line.startswith("["):
            entry = sections.setdefault(line.strip("[]"), {})
        elif "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            entry[key.strip()] = value.strip()
    return sections
