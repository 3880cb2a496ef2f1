# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The NT test kernel's own test: small drivers, a good one and one per mistake, which it has to name."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from emulator.places import ROOT
from nt.machine import boot, expect_ok, expect_violation

DRIVERS = ROOT / "tests" / "nt" / "drivers"

# What driver.c calls its mistakes, and what the kernel has to say.
MISTAKES = {
    "irql_of_call": r"irql: ExAllocatePoolWithTag called at IRQL 3",
    "irql_kept": r"irql: DriverUnload was called at IRQL 0 and returned at IRQL 2",
    "paged_at_dispatch": r"paged: execution of pageable section PAGE at IRQL 2",
    "paged_raises": r"paged: execution of pageable section PAGE at IRQL 2",
    "paged_interrupts_off": r"paged: execution of pageable section PAGE with interrupts off",
    "init_later": r"init: execution of .* in INIT, which was discarded",
    "leak": r"leak: after DriverUnload pool is still there",
    "wrong_tag": r"pool: pool with tag 7473654e given back with tag 7473654f",
    "freed_twice": r"pool: .* given back, which isn't pool, or not any more",
    "executable_pool": r"pool: pool of type 0",
    "overrun": r"pool: written behind the end of 20 bytes",
    "use_after_free": r"access: write of ",
    "unlisted": r"import: ntoskrnl.exe exports no NoSuchExport",
    "affinity_kept": r"affinity: DriverUnload returned with another affinity",
    "interrupts_kept": r"state: DriverUnload returned with interrupts off",
    "gs_selector": r"state: .*the GS base isn't the KPCR",
    "vector_register": r"registers: DriverUnload changed XMM6",
    "low_address": r"access: write of 10000",
    "stack_overflow": r"stack: exception 8 with a stack that isn't its thread's, or has overflowed",
    "write_constant": r"access: write of .* in section .rdata",
    "selector_kept": r"state: .*ES isn't 2BH",
    "gdt_limit": r"state: .*GDTR has another limit",
}


def make(directory: Path, mistake: str) -> Path:
    """Compiles and links the driver as nadir.sys is."""
    names = re.findall(r"^IMPORT .*?(\w+)\(", (DRIVERS / "kernel.h").read_text(), re.MULTILINE)
    (directory / "kernel.def").write_text("LIBRARY ntoskrnl.exe\nEXPORTS\n" + "".join(f"    {name}\n" for name in names))
    commands = [
        ["llvm-dlltool-16", "-m", "i386:x86-64", "-d", "kernel.def", "-l", "kernel.lib"],
        ["clang-16", "--target=x86_64-pc-windows-msvc", "-ffreestanding", "-O2", "-Wall", "-Wextra", "-Werror",
         "-fno-stack-protector", "-mno-stack-arg-probe", "-fasynchronous-unwind-tables",
         f"-DMISTAKE={mistake}", "-c", DRIVERS / "driver.c", "-o", "driver.obj"],
        ["lld-link-16", "/driver", "/subsystem:native", "/entry:DriverEntry", "/nodefaultlib", "/release", "/dynamicbase",
         "/section:INIT,ERD", "/section:PAGE,ER", "driver.obj", "kernel.lib", "/out:driver.sys"],
    ]
    for command in commands:
        done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return directory / "driver.sys"


def test_a_good_driver(tmp_path):
    run = expect_ok(boot(tmp_path, make(tmp_path, "nothing"), "test=load rounds=2"))
    assert re.search(r"^dbg: text 4 -2 1f 123456789 [0-9a-f]{16}$", run.serial, re.MULTILINE)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake(tmp_path, mistake):
    expect_violation(boot(tmp_path, make(tmp_path, mistake), "test=load rounds=1"), MISTAKES[mistake])


def spoil(path: Path, at: int, value: bytes) -> Path:
    data = bytearray(path.read_bytes())
    data[at:at + len(value)] = value
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("offset, value, what", [
    (0, b"NO", "the file doesn't begin with MZ"),
    (4, b"\x4c\x01", "it isn't for x64"),
    (24 + 64, b"\0\0\0\0", "its checksum is 0"),
    (24 + 68, b"\x03\0", "its subsystem isn't NATIVE"),
])
def test_a_damaged_file(tmp_path, offset, value, what):
    path = make(tmp_path, "nothing")
    header = int.from_bytes(path.read_bytes()[0x3C:0x40], "little")
    spoil(path, offset + (header if offset else 0), value)
    expect_violation(boot(tmp_path, path, "test=load"), f"image: {what}")


LEVELS = {"passive_level": "PASSIVE_LEVEL", "apc_level": "<= APC_LEVEL", "dispatch_level": "<= DISPATCH_LEVEL", "high_level": "any"}
# Where the kernel allows less or says it elsewhere: it moves threads at once; the level of a wait depends on its timeout;
# printing is allowed wherever the driver does it.
OTHER = {"KeSetSystemGroupAffinityThread": "apc_level", "KeRevertToUserGroupAffinityThread": "apc_level",
         "KeWaitForSingleObject": "dispatch_level", "DbgPrintEx": "high_level"}


def test_levels_are_those_of_the_list():
    """The kernel's tables and the list by which scripts/check-driver judges were written down independently."""
    known = json.loads((ROOT / "hosts" / "windows" / "imports.json").read_text())["functions"]
    source = "".join(path.read_text() for path in (ROOT / "tests" / "nt" / "imports").glob("*.cpp"))
    tables = re.findall(r'\{"(\w+)",\s*(?:reinterpret_cast<const void\*>\(&\w+\)|complete_request_routine\(\)),\s*(\w+),', source)
    assert len(tables) > 30
    for name, level in tables:
        assert OTHER.get(name) == level or known[name]["irql"] == LEVELS[level], name
