# SPDX-License-Identifier: MIT OR GPL-2.0-only
"""Reports as a table in Markdown, a column for each hypervisor."""

from __future__ import annotations

KINDS = {
    "cpuid_leaf_0": "CPUID leaf 0",
    "cpuid_leaf_1": "CPUID leaf 1",
    "rdmsr_apic_base": "RDMSR IA32_APIC_BASE",
    "rdmsr_vmx_basic": "RDMSR IA32_VMX_BASIC",
    "mov_to_cr0": "MOV to CR0, AM changed",
    "mov_to_cr4": "MOV to CR4, MCE changed",
    "in_port_80": "IN from port 80H",
    "vmcall_unknown": "VMCALL that nobody knows",
    "xsetbv": "XSETBV, same value",
}
CHECKS = {
    "upper_halves": "upper halves of RAX to RDX",
    "prefixed_cpuid": "CPUID with a prefix",
    "single_step": "TF over CPUID",
    "sti_shadow": "STI; CPUID",
    "breakpoints_stay": "DR7 over CPUID",
    "invalid_xsetbv": "XSETBV that must fault",
    "wrap_at_4_gib": "CPUID that ends at 4 GiB",
}


def _cost(report: dict, kind: str) -> str:
    if report["unfinished"] == kind:
        return "ended the machine"
    if kind not in report["instructions"]:
        return "-"
    value = str(report["instructions"][kind])
    if kind in report["faults"]:
        value += f" (fault {report['faults'][kind]})"
    return "no exit" if value == "1" else value


def _accesses(report: dict) -> str:
    return "-" if report["cpuid_vmreads"] is None else f"{report['cpuid_vmreads']}/{report['cpuid_vmwrites']}"


def markdown(reports: list[dict]) -> str:
    rows = [["instructions", *(report["name"] for report in reports)], ["---"] + ["---:"] * len(reports)]
    rows += [[words, *(_cost(report, kind) for report in reports)] for kind, words in KINDS.items()]
    rows.append(["VMREAD/VMWRITE per CPUID leaf 0", *(_accesses(report) for report in reports)])
    rows.append(["start of its image", *(f"{report['start']:,}" if report["start"] else "-" for report in reports)])
    rows += [[words, *(report["checks"].get(check, "-") for report in reports)] for check, words in CHECKS.items()]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
