# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""The table: each row once, with everything that is to be said about it.

To add a row: let a program print a figure (hosts/bare/programs/bench.cpp: one more name in its line of JSON), give it a
row here, and record its budget with `bench.py --record`.
"""

from __future__ import annotations

from dataclasses import dataclass

INSTRUCTIONS, BYTES, COUNT = "instructions", "bytes", "exits"


@dataclass(frozen=True)
class Row:
    figure: str  # its name in the JSON
    what: str
    unit: str = INSTRUCTIONS
    goal: int | None = None  # the most that it should be
    peer: str = "-"  # the best of other hypervisors, and whose it is
    over: str = ""  # while the goal isn't met: why not. <figure> is a figure of the same run, <figure/8> an eighth of it


@dataclass(frozen=True)
class Section:
    source: str  # who measures it: SOURCES in figures.py
    title: str
    rows: tuple[Row, ...]


SECTIONS = (
    Section("bare", "An exit, with the VM exit and the VM entry counted as one instruction each", (
        Row("cpuid_overhead", "CPUID, what Nadir adds to it", goal=32, peer="109 (Jailhouse; inexact), 967 (KVM)"),
        Row("cpuid_floor", "the floor for it: only the reason, RIP, CPUID and VMRESUME", peer="keeps nothing of the guest"),
        Row("cpuid_leaf_0", "CPUID, all of it", peer="1 on the bare processor"),
        Row("root_cpuid_fast_vmreads", "VMREADs of it", goal=5, peer="2 (Jailhouse; inexact), 4 (zpp; inexact)"),
        Row("root_cpuid_fast_vmwrites", "VMWRITEs of it", goal=1, peer="1"),
        Row("cpuid_general", "CPUID by the general path in C++, with its record", goal=80, peer="109 (Jailhouse), 123 (ksm)"),
        Row("cpuid_leaf_1", "CPUID, a leaf that mirrors CR4: always by the general path", peer="132 (Jailhouse), 123 (ksm)"),
        Row("xsetbv", "XSETBV", goal=120, peer="107 (Jailhouse; ends the machine when it is wrong)"),
        Row("rdmsr", "RDMSR outside the bitmap", goal=120, peer="1,084 (KVM)"),
        Row("wrmsr", "WRMSR outside the bitmap", goal=120),
        Row("mov_cr0", "MOV to CR0 that changes CR0.NE", goal=120, peer="1,164 (KVM)"),
        Row("mov_cr4", "MOV to CR4 that changes CR4.VMXE, but the first, which the log records", goal=120, peer="1,155 (KVM)"),
        Row("invd", "INVD", goal=120),
        Row("vmcall_unknown", "VMCALL without the key: #UD, the guest's handler included",
            peer="132 of them on the bare processor"),
    )),
    Section("bare", "An event that somebody asked for, added to what its instruction costs", (
        Row("event_cpuid", "CPUID, which otherwise has the short path"),
        Row("event_rdmsr", "RDMSR"),
        Row("event_wrmsr", "WRMSR"),
        Row("event_rdtsc", "RDTSC"),
        Row("event_rdpmc", "RDPMC"),
        Row("event_io", "OUT"),
        Row("event_exception", "an exception, handed on"),
        Row("event_control_register", "MOV to CR4, and the step in which the guest executes it"),
        Row("event_address_space", "MOV to CR3, the same"),
        Row("event_debug_register", "MOV to DR0, the same"),
        Row("event_descriptor_table", "SGDT, the same"),
        Row("event_interrupt", "an external interrupt: seen, acknowledged, handed on"),
        Row("event_system_call", "SYSCALL: #UD, the guest's code read, carried out by root mode"),
    )),
    Section("bare", "A loop of nothing but such instructions, all of them watched", (
        Row("watched_loop_percent", "how long it takes, of 100 without a watch", "percent"),
    )),
    Section("bare", "A hidden page ([views](views.md)), one processor", (
        Row("view_switch", "an execution or a read in the other view: EPT violation, another EPTP, no INVEPT", goal=120,
            peer="about 325 and a map (hvpp; inexact)"),
        Row("hidden_breakpoint", "a hidden breakpoint is hit, and its instruction stepped over"),
        Row("hidden_page_write", "a write to a hidden page, and the copy brought up to date"),
        Row("bytes_hidden_page", "the first hidden page: its copy, and two views of 16 KiB", BYTES, goal=36 * 1024),
    )),
    Section("bare", "Watched and protected memory ([memory](watchpoints.md)), one processor, stepping by the trap flag", (
        Row("watched_write", "a write to watched memory: an event, and its instruction stepped over"),
        Row("watched_write_exits", "VM exits of that", COUNT, goal=2),
        Row("watched_page_beside", "a write beside it, on the same page"),
        Row("protected_write", "a write to protected memory, which is ignored"),
        Row("bytes_watched_page", "tables of the first watched page; each further one in the same 2 MiB takes nothing", BYTES,
            goal=16 * 1024),
    )),
    Section("bare", "Enter and leave, one processor, interrupts off", (
        Row("start", "start: once, with interrupts on, everything from the call to the guest", goal=30_000,
            peer="9,104,266 (Jailhouse), 30,470,045 (SimpleVisor)",
            over="what has to be written is more than that, and an instruction writes 8 bytes. Root mode runs on a copy of its code and "
                 "constants, for the system may write to the original, unload it or swap it for another; the copy alone is "
                 "<bytes_image/8>. Page tables, the VMCS, the MSR bitmap and what else must be zero where there is nothing are 9,900, "
                 "the leaves of the four EPT tables, each another value, 5,600. Of the rest <enter> are the row below, and 7,400 "
                 "the question which memory has which type"),
        Row("enter", "enter: from the probe to the first instruction as the guest", goal=3000,
            peer="not published"),
        Row("leave", "leave, the processor's present state restored", goal=1000, peer="not published"),
    )),
    Section("bare", "Memory", (
        Row("bytes_per_processor", "per processor; 8 KiB of it are the fault and NMI stacks", BYTES, goal=28 * 1024,
            peer="36,864 (momo5502), 270,336 (barevisor), both counted"),
        Row("bytes_beside_block", "beside that, per processor: page tables, what stays after a stop", BYTES),
        Row("bytes_image", "root mode's copy of the image", BYTES),
        Row("bytes_ept", "EPT tables of the machine that the other rows are measured on", BYTES),
        Row("bytes_total", "all of it with one processor", BYTES),
    )),
    Section("tables", "EPT tables of large machines, 1-GiB pages, all memory touched", (
        Row("ept_64_gib", "64 GiB of memory", BYTES, goal=32 * 1024, peer="270,336 (2-MiB leaves)"),
        Row("ept_1_tib", "1 TiB of memory", BYTES, goal=36 * 1024, peer="4,206,592 (2-MiB leaves)"),
    )),
    Section("tables", "Tables of one of the two views with hooks at random in 32 MiB of code", (
        Row("view_1_hooks", "1 hook", BYTES, goal=16 * 1024),
        Row("view_10_hooks", "10 hooks", BYTES),
        Row("view_100_hooks", "100 hooks", BYTES),
        Row("view_1000_hooks", "1,000 hooks", BYTES),
        Row("view_10000_hooks", "10,000 hooks", BYTES),
    )),
    Section("hooks", "Hidden breakpoints spread over 32 MiB of code", tuple(
        row for count in (1, 10, 100, 1000, 10000) for row in (
            Row(f"hooks_{count}_set", f"{count:,}: to set them"),
            Row(f"hooks_{count}_hit_again", f"{count:,}: a hit of the same one again"),
            Row(f"hooks_{count}_hit_another", f"{count:,}: a hit of one elsewhere")))),
    Section("hooks", "Tables and copies of as many hidden breakpoints", tuple(
        Row(f"hooks_{count}_bytes", f"{count:,}", BYTES) for count in (1, 10, 100, 1000, 10000))),
    Section("linux", "VM exits of Debian's kernel beneath nadir.elf: boot, workload, power-off", (
        Row("linux_exits_optional", "optional", COUNT, goal=0, peer="many"),
        Row("linux_exits_for_fidelity", "asked for, so that the guest sees what it should", COUNT),
        Row("linux_exits_unconditional", "unconditional: VT-x leaves no choice", COUNT),
    )),
)

# Counts by basic exit reason: LINUX_REASON and the number.
LINUX_REASON = "linux_exits_"

# Measured to be subtracted or understood, not to be judged: in the JSON and the budget, not in the table.
HELPERS = {"processors", "cpuid_bare", "xsetbv_bare", "vmcall_bare", "msr_bare", "mov_cr_bare", "optional_exits",
           "hidden_page_executed"}
ROOT = "root_"  # of each kind of exit: instructions, VMREADs and VMWRITEs in root mode


def needs_row(figure: str) -> bool:
    return figure not in HELPERS and not figure.startswith(ROOT)


def all_rows() -> list[Row]:
    return [row for section in SECTIONS for row in section.rows]
