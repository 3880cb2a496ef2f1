# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Where the figures come from: three sources, each with the same answer every time."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from emulator import debian, fastboot, product, programs  # noqa: E402
from emulator.bochs import Machine  # noqa: E402
from emulator.debugger import vm_exits  # noqa: E402
from emulator.initrd import Initrd  # noqa: E402
from emulator.kernel_command_line import QUICK  # noqa: E402
from emulator.places import BUILD, new_run  # noqa: E402

from . import exits, floor, growth  # noqa: E402
from .exit_kinds import Exits  # noqa: E402

MODEL = "corei7_skylake_x"


class Unmeasured(RuntimeError):
    """A source didn't come to its end; says why."""


def measure_bare(image: Path, model: str = MODEL) -> dict[str, int]:
    """The program `bench` of the bare host measures itself; the floor for a CPUID comes from a kernel of its own."""
    folder = new_run("bench")
    machine = fastboot.multiboot(Machine(model=model, processors=1, memory_mib=128), folder, image, "test=bench cycles=1000")
    run = machine.run(timeout=60, directory=folder)
    found = re.search(r"^@@ bench (\{.*\})$", run.serial, re.MULTILINE)
    if not run.ok or not found or "@@ result ok" not in run.serial:
        raise Unmeasured(f"the bench program did not finish:\n{run.tail()}")
    figures = json.loads(found.group(1)) | json.loads(re.search(r"^@@ bench events (\{.*\})$", run.serial, re.MULTILINE).group(1))
    # A CPUID on the bare processor is one of the instructions that the round trip replaces.
    figures["cpuid_overhead"] = figures["cpuid_leaf_0"] - figures["cpuid_bare"]
    for kind, counts in exits.count_exits(image, model).items():
        figures |= {f"root_{kind}_{what}": count for what, count in counts.items()}
    lowest = floor.measure(new_run("floor"), model)
    if not lowest:
        raise Unmeasured("the floor's kernel did not finish")
    figures["cpuid_floor"] = lowest["exit_p50"] - lowest["bare_p50"]
    return figures


def growth_of_tables() -> dict:
    """What bench/growth counts on the host."""
    program = BUILD / "bench" / "nadir_growth"
    if not program.exists():
        raise Unmeasured(f"{program} isn't there: run scripts/build.sh")
    return json.loads(subprocess.run([program], capture_output=True, text=True, check=True).stdout)


def measure_tables(_image: Path, _model: str = MODEL) -> dict[str, int]:
    """EPT tables of a machine with 1-GiB pages and the usual firmware, when all memory has been touched."""
    growth = growth_of_tables()
    by_memory = {entry["memory_gib"]: entry["touched_bytes"] for entry in growth["memory"]
                 if entry["firmware"] == "usual" and entry["pages_1g"]}
    views = {f"view_{entry['hooks']}_hooks": entry["view_bytes"] for entry in growth["hidden_pages"]
             if entry["over"] == "32 MiB of code"}
    return {"ept_64_gib": by_memory[64], "ept_1_tib": by_memory[1024]} | views


def linux_exits(image: Path, model: str = MODEL) -> Exits:
    """Debian's kernel beneath `image` from its first instruction to power-off, with tests/linux/workload in between.

    The emulator counts, not Nadir: each VM exit is a line in its log.
    """
    initrd = Initrd()
    initrd.program("bin/workload", programs.workload())
    initrd.script("init", "#!/bin/sh\nmount -t proc proc /proc\nworkload\npoweroff -f\n")
    folder = new_run("bench-linux")
    modules = [fastboot.Module(debian.kernel().image, QUICK), fastboot.Module(initrd.archive())]
    machine = Machine(model=model, processors=1, memory_mib=512, cpu_debug=True)
    run = fastboot.multiboot(machine, folder, image, "log=error", modules).run(timeout=300, directory=folder)
    (folder / "emulator.log").unlink()  # hundreds of megabytes
    if run.reason != "poweroff" or not re.search(r"^@@ workload ok", run.serial, re.MULTILINE):
        raise Unmeasured(f"Linux did not finish:\n{run.tail()}")
    return Exits(vm_exits(run.log)[0])


def linux_figures(exits: Exits) -> dict[str, int]:
    by_reason = {f"linux_exits_{reason}": count for reason, count in sorted(exits.by_reason.items())}
    return {"linux_exits_optional": sum(exits.optional().values()), "linux_exits_for_fidelity": exits.for_fidelity(),
            "linux_exits_unconditional": exits.unconditional()} | by_reason


def measure_processors(image: Path, model: str = MODEL) -> dict[str, int]:
    """What one processor more takes beyond its block: of the session, of root mode's page tables, of the VMM context."""
    one, more = (growth.on_processors(count, image, new_run("growth"), model) for count in (1, 4))
    added = (more["bytes_total"] - one["bytes_total"]) // (more["processors"] - one["processors"])
    return {"bytes_beside_block": added - one["bytes_per_processor"]}


def measure_hooks(image: Path, model: str = MODEL) -> dict[str, int]:
    """1 to 10,000 hidden breakpoints, and what they cost."""
    found = growth.with_hooks(image, new_run("hooks"), model)
    return {f"hooks_{one['hooks']}_{what}": one[what] for one in found for what in growth.OF_HOOKS}


SOURCES: dict[str, Callable[[Path, str], dict[str, int]]] = {
    "bare": measure_bare, "processors": measure_processors, "tables": measure_tables, "hooks": measure_hooks,
    "linux": lambda image, model: linux_figures(linux_exits(image, model))}


def measure(image: Path, model: str = MODEL, sources: tuple[str, ...] = ("bare",)) -> dict:
    """The figures of these sources, with what they were made by."""
    figures: dict[str, int] = {}
    for name in sources:
        figures |= SOURCES[name](image, model)
    made_by = {"commit": commit(), "emulator": emulator_version(), "model": model,
               "compiler": compiler_version(image.resolve())}
    if "linux" in sources:
        made_by["kernel"] = debian.kernel_release()
    return made_by | {"figures": figures}


def emulator_version() -> str:
    text = subprocess.run(["bochs", "--help"], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    found = re.search(r"Bochs x86 Emulator (\S+)", text.stdout + text.stderr)
    return f"Bochs {found.group(1)}" if found else "unknown"


def compiler_version(image: Path) -> str:
    """Of the build that the image lies in; figures of another compiler are other figures."""
    for folder in image.parents:
        cache = folder / "CMakeCache.txt"
        if cache.exists():
            compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", cache.read_text(), re.MULTILINE).group(1)
            text = subprocess.run([compiler, "--version"], capture_output=True, text=True, check=True).stdout
            return text.splitlines()[0]
    return "unknown"


def commit() -> str:
    """Of the sources; "+" when they were changed since, "unknown" outside of a repository."""
    try:
        done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--abbrev=12", "--dirty=+"], capture_output=True,
                              text=True)
    except OSError:
        return "unknown"
    return done.stdout.strip() if done.returncode == 0 else "unknown"
