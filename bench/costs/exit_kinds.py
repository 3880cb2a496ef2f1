# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Which VM exits could be done without.

VM exits are of three kinds: those that VT-x leaves no choice about, those that Nadir asks for because the guest would
otherwise see something else than on the bare processor, and all others. Of the others there should be none: nobody asked.
[SDM3 "Instructions That Cause VM Exits Unconditionally"] [SDM3 "VMX Basic Exit Reasons"]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Mapping

# By basic exit reason.
UNCONDITIONAL = {
    2: "triple fault", 3: "INIT signal", 4: "start-up IPI", 9: "task switch", 10: "CPUID", 11: "GETSEC", 13: "INVD",
    18: "VMCALL", 19: "VMCLEAR", 20: "VMLAUNCH", 21: "VMPTRLD", 22: "VMPTRST", 23: "VMREAD", 24: "VMRESUME", 25: "VMWRITE",
    26: "VMXOFF", 27: "VMXON", 50: "INVEPT", 53: "INVVPID", 55: "XSETBV",
    31: "RDMSR",  # Nadir's bitmap asks for no read, so the MSR was outside what the bitmap covers
}

# Each with what the guest would see without it.
FOR_FIDELITY = {
    7: ("interrupt window", "an event that an exit interrupted would be lost"),
    8: ("NMI window", "an NMI that arrived in root mode would be lost"),
    28: ("control-register access", "only of CR0.NE and CR4.VMXE: they must be 1, and the guest may read what it wrote"),
    32: ("WRMSR", "only of the MTRRs and the microcode trigger, or outside the bitmap: memory types have to follow"),
    48: ("EPT violation", "the tables of memory that is touched for the first time"),
}


@dataclass(frozen=True)
class Exits:
    by_reason: Mapping[int, int]

    def unconditional(self) -> int:
        return sum(count for reason, count in self.by_reason.items() if reason in UNCONDITIONAL)

    def for_fidelity(self) -> int:
        return sum(count for reason, count in self.by_reason.items() if reason in FOR_FIDELITY)

    def optional(self) -> dict[int, int]:
        return {reason: count for reason, count in sorted(self.by_reason.items())
                if reason not in UNCONDITIONAL and reason not in FOR_FIDELITY}


def name(reason: int) -> str:
    if reason in UNCONDITIONAL:
        return UNCONDITIONAL[reason]
    return FOR_FIDELITY[reason][0] if reason in FOR_FIDELITY else f"basic exit reason {reason}:"
