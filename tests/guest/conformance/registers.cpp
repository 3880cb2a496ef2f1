// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

constexpr u64 cr0_ne = 1u << 5;
constexpr u64 cr0_ts = 1u << 3;
constexpr u64 cr0_wp = 1u << 16;
constexpr u64 cr0_nw = 1u << 29;
constexpr u64 cr0_cd = 1u << 30;
constexpr u64 cr0_pg = 1u << 31;
constexpr u64 cr4_pae = 1u << 5;
constexpr u64 cr4_pge = 1u << 7;
constexpr u64 cr4_la57 = 1u << 12;
constexpr u64 cr4_pcide = 1u << 17;

// Writes a value, prints what is read back, puts the old one back.
void try_cr0(const char* name, u64 value) {
    const u64 before = read_cr0();
    about("cr0 %s ", name);
    probe("mov cr0", {value, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr0"));
    probe("now", {0, 0, 0, 0}, NADIR_INSTRUCTION("mov %%cr0, %%rax; smsw %%rbx"));
    write_cr0(before);
}

void try_cr4(const char* name, u64 value) {
    const u64 before = read_cr4();
    about("cr4 %s ", name);
    probe("mov cr4", {value, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr4"));
    probe("now", {0, 0, 0, 0}, NADIR_INSTRUCTION("mov %%cr4, %%rax"));
    write_cr4(before);
}

void trace_cr0() {
    const u64 now = read_cr0();
    try_cr0("as it is", now);
    try_cr0("ne off", now & ~cr0_ne);
    try_cr0("wp off", now & ~cr0_wp);
    try_cr0("ts on", now | cr0_ts);
    try_cr0("cd on", now | cr0_cd);
    try_cr0("cd and nw on", now | cr0_cd | cr0_nw);
    try_cr0("nw without cd", now | cr0_nw);
    try_cr0("pe off", now & ~1ull);
    try_cr0("pg off", now & ~cr0_pg);
    try_cr0("et off", now & ~(1ull << 4));
    try_cr0("reserved bit", now | 1u << 6);
    try_cr0("upper half", now | 1ull << 32);
    // NE is intercepted, so with these the exit's handler has to refuse what the processor would.
    try_cr0("ne off, wp off", now & ~(cr0_ne | cr0_wp));
    try_cr0("ne off, nw without cd", (now & ~cr0_ne) | cr0_nw);
    try_cr0("ne off, pg off", now & ~(cr0_ne | cr0_pg));
    try_cr0("ne off, pe off", now & ~(cr0_ne | 1));
    try_cr0("ne off, upper half", (now & ~cr0_ne) | 1ull << 32);
    about("%s", "");
    write_cr0(now | cr0_ts);
    probe("clts", {0, 0, 0, 0}, NADIR_INSTRUCTION("clts; mov %%cr0, %%rax"));
    // LMSW sets the low four bits but can't clear PE.
    probe("lmsw 0", {0, 0, 0, 0}, NADIR_INSTRUCTION("lmsw %%ax; mov %%cr0, %%rax"));
    probe("lmsw f", {0xF, 0, 0, 0}, NADIR_INSTRUCTION("lmsw %%ax; mov %%cr0, %%rax"));
    probe("lmsw ffff", {0xFFFF, 0, 0, 0}, NADIR_INSTRUCTION("lmsw %%ax; mov %%cr0, %%rax"));
    write_cr0(now);
}

void trace_cr4() {
    const u64 now = read_cr4();
    try_cr4("as it is", now);
    for (u32 bit = 0; bit < 26; ++bit) {
        char name[16];
        format_text(name, sizeof name, "bit %u", bit);
        constexpr u32 cet = 23; // needs CR0.WP, which is on; enabling it changes how we run
        constexpr u32 smap_and_smep = 21;
        if (bit != cet && bit != smap_and_smep)
            try_cr4(name, now ^ 1ull << bit);
    }
    try_cr4("bit 31", now | 1ull << 31);
    try_cr4("bit 63", now | 1ull << 63);
    // VMXE is intercepted: the same as for NE.
    try_cr4("vmxe, bit 31", now | cr4_vmxe | 1ull << 31);
    try_cr4("vmxe, bit 63", now | cr4_vmxe | 1ull << 63);
    try_cr4("vmxe, pae off", (now | cr4_vmxe) & ~cr4_pae);
    try_cr4("vmxe, la57", now | cr4_vmxe | cr4_la57);
    try_cr4("vmxe, pge", now | cr4_vmxe | cr4_pge);
    try_cr4("vmxe, pcide", now | cr4_vmxe | cr4_pcide);
    write_cr3(read_cr3() | 0x8); // PWT: the PCID that it would become isn't 0
    try_cr4("pcide, cr3 not 0", now | cr4_pcide);
    try_cr4("vmxe, pcide, cr3 not 0", now | cr4_vmxe | cr4_pcide);
    write_cr3(read_cr3() & ~0x8ull);
    about("%s", "");
    // Set and seen as set, then clear and seen as clear, twice: what we keep for ourselves must not show.
    for (u32 i = 0; i < 2; ++i) {
        probe("vmxe on", {now | cr4_vmxe, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr4; mov %%cr4, %%rax"));
        probe("vmxe off", {now & ~cr4_vmxe, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr4; mov %%cr4, %%rax"));
    }
    write_cr4(now);
}

void trace_cr3_cr8() {
    const u64 cr3 = read_cr3();
    const u64 cr4 = read_cr4();
    constexpr auto mov_cr3 = NADIR_INSTRUCTION("mov %%rax, %%cr3; mov %%cr3, %%rax; xor %%rbx, %%rax");
    probe("cr3 as it is", {cr3, cr3, 0, 0}, mov_cr3);
    probe("cr3 bit 63", {cr3 | 1ull << 63, cr3, 0, 0}, mov_cr3);
    probe("cr3 bit 62", {cr3 | 1ull << 62, cr3, 0, 0}, mov_cr3);
    probe("cr3 bit 52", {cr3 | 1ull << 52, cr3, 0, 0}, mov_cr3);
    probe("cr3 low bits", {cr3 | 0x18, cr3, 0, 0}, mov_cr3);
    write_cr3(cr3);
    if (probe("cr4 pcide", {cr4 | cr4_pcide, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr4")) == no_fault) {
        probe("cr3 pcid 5", {cr3 | 5, cr3, 0, 0}, mov_cr3);
        probe("cr3 pcid 5, bit 63 with pcide", {cr3 | 5 | 1ull << 63, cr3, 0, 0}, mov_cr3);
        probe("cr4 pcide off with pcid 5", {cr4, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr4"));
        probe("cr3 pcid 5 no flush", {cr3 | 5 | 1ull << 63, cr3, 0, 0}, mov_cr3);
        probe("cr3 pcid 0", {cr3, cr3, 0, 0}, mov_cr3);
    }
    write_cr4(cr4);
    probe("cr8 f", {0xF, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr8; mov %%cr8, %%rax"));
    probe("cr8 10", {0x10, 0, 0, 0}, NADIR_INSTRUCTION("mov %%rax, %%cr8"));
    write_cr8(0);
}

void trace_debug_registers() {
    constexpr auto mov_dr6 = NADIR_INSTRUCTION("mov %%rax, %%dr6; mov %%dr6, %%rax");
    constexpr auto mov_dr7 = NADIR_INSTRUCTION("mov %%rax, %%dr7; mov %%dr7, %%rax");
    probe("dr6 0", {0, 0, 0, 0}, mov_dr6);
    probe("dr6 f00f", {0xF00F, 0, 0, 0}, mov_dr6);
    probe("dr6 upper", {1ull << 32, 0, 0, 0}, mov_dr6);
    write_dr6(0xFFFF'0FF0);
    probe("dr7 0", {0, 0, 0, 0}, mov_dr7);
    probe("dr7 1000", {0x1000, 0, 0, 0}, mov_dr7);
    probe("dr7 upper", {1ull << 32, 0, 0, 0}, mov_dr7);
    probe("dr7 gd", {0x2000, 0, 0, 0}, mov_dr7); // the read faults
    write_dr7(0x400);
    write_dr6(0xFFFF'0FF0);
    probe("dr4 without de", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0x0f, 0x21, 0xe0")); // mov %db4, %rax
    write_cr4(read_cr4() | 1u << 3);
    probe("dr4 with de", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0x0f, 0x21, 0xe0"));
    write_cr4(read_cr4() & ~(1ull << 3));
}

} // namespace

void trace_registers() {
    trace_cr0();
    trace_cr4();
    trace_cr3_cr8();
    trace_debug_registers();
}

} // namespace nadir::conformance
