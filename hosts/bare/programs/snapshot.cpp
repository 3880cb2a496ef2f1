// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/snapshot.h"

#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::bare {

namespace {

struct NamedMsr {
    const char* name;
    u32 number;
};

constexpr NamedMsr msrs[] = {
    {"IA32_APIC_BASE", 0x1B},
    {"IA32_FEATURE_CONTROL", 0x3A},
    {"IA32_SPEC_CTRL", 0x48},
    {"IA32_XFD", 0x1C4},
    {"IA32_MISC_ENABLE", 0x1A0},
    {"IA32_DEBUGCTL", 0x1D9},
    {"IA32_SYSENTER_CS", 0x174},
    {"IA32_SYSENTER_ESP", 0x175},
    {"IA32_SYSENTER_EIP", 0x176},
    {"IA32_PAT", 0x277},
    {"IA32_MTRR_DEF_TYPE", 0x2FF},
    {"IA32_MTRR_PHYSBASE0", 0x200},
    {"IA32_MTRR_PHYSMASK0", 0x201},
    {"IA32_MTRR_FIX64K", 0x250},
    {"IA32_PERF_GLOBAL_CTRL", 0x38F},
    {"IA32_U_CET", 0x6A0},
    {"IA32_S_CET", 0x6A2},
    {"IA32_PL0_SSP", 0x6A4},
    {"IA32_SSP_TABLE", 0x6A8},
    {"IA32_XSS", 0xDA0},
    {"IA32_EFER", msr_efer},
    {"IA32_STAR", 0xC000'0081},
    {"IA32_LSTAR", 0xC000'0082},
    {"IA32_CSTAR", 0xC000'0083},
    {"IA32_FMASK", 0xC000'0084},
    {"IA32_FS_BASE", msr_fs_base},
    {"IA32_GS_BASE", msr_gs_base},
    {"IA32_KERNEL_GS_BASE", msr_kernel_gs_base},
    {"IA32_TSC_AUX", 0xC000'0103},
};

void add(Snapshot& s, const char* name, u64 value, bool absent = false) {
    s.names[s.count] = name;
    s.values[s.count] = value;
    s.absent[s.count++] = absent;
}

// Selector, limit (LSL) and access rights (LAR) as the processor answers them.
void add_segment(Snapshot& s, const char* name, u32 selector) {
    u64 limit = 0;
    u64 rights = 0;
    asm volatile("lsl %1, %0" : "+r"(limit) : "r"(static_cast<u64>(selector)) : "cc");
    asm volatile("lar %1, %0" : "+r"(rights) : "r"(static_cast<u64>(selector)) : "cc");
    add(s, name, selector);
    add(s, "  its limit", limit);
    add(s, "  its access rights", rights);
}

void add_segments(Snapshot& s) {
    u64 value;
#define NADIR_BARE_SEGMENT(name)                                                                                       \
    asm volatile("mov %%" name ", %0" : "=r"(value));                                                                  \
    add_segment(s, name, static_cast<u32>(value & 0xFFFF));
    NADIR_BARE_SEGMENT("cs")
    NADIR_BARE_SEGMENT("ss")
    NADIR_BARE_SEGMENT("ds")
    NADIR_BARE_SEGMENT("es")
    NADIR_BARE_SEGMENT("fs")
    NADIR_BARE_SEGMENT("gs")
#undef NADIR_BARE_SEGMENT
    u16 small;
    asm volatile("str %0" : "=m"(small));
    add_segment(s, "tr", small);
    asm volatile("sldt %0" : "=m"(small));
    add_segment(s, "ldtr", small);
}

void add_tables(Snapshot& s) {
    TablePointer pointer{};
    asm volatile("sgdt %0" : "=m"(pointer));
    add(s, "gdtr base", pointer.base);
    add(s, "gdtr limit", pointer.limit);
    for (u32 i = 0; i <= pointer.limit / 8u && i < gdt_entries; ++i)
        add(s, "  gdt entry", reinterpret_cast<const u64*>(pointer.base)[i]);
    asm volatile("sidt %0" : "=m"(pointer));
    add(s, "idtr base", pointer.base);
    add(s, "idtr limit", pointer.limit);
}

} // namespace

void take_snapshot(Snapshot& s) {
    s.count = 0;
    add(s, "cr0", read_cr0());
    add(s, "cr2", read_cr2());
    add(s, "cr3", read_cr3());
    add(s, "cr4", read_cr4());
    add(s, "cr8", read_cr8());
    add(s, "dr0", read_dr0());
    add(s, "dr1", read_dr1());
    add(s, "dr2", read_dr2());
    add(s, "dr3", read_dr3());
    add(s, "dr6", read_dr6());
    add(s, "dr7", read_dr7());
    add(s, "rflags", read_rflags() & ~0x8D5ull); // without the arithmetic flags
    if ((read_cr4() & cr4_osxsave) != 0)
        add(s, "xcr0", read_xcr0());
    add_tables(s);
    add_segments(s);
    for (const NamedMsr& msr : msrs) {
        u64 value = 0;
        const bool readable = try_read_msr(msr.number, value);
        add(s, msr.name, value, !readable);
    }
}

u32 compare_snapshots(const char* title, u32 number, const Snapshot& before, const Snapshot& after) {
    u32 differences = before.count == after.count ? 0 : 1;
    if (differences != 0)
        print("diff %s processor %u: %u values, now %u\n", title, number, before.count, after.count);
    for (u32 i = 0; i < before.count && i < after.count; ++i) {
        if (before.values[i] == after.values[i] && before.absent[i] == after.absent[i])
            continue;
        ++differences;
        print("diff %s processor %u: %s (row %u) %s%llx -> %s%llx\n", title, number, before.names[i], i,
              before.absent[i] ? "absent " : "", before.values[i], after.absent[i] ? "absent " : "", after.values[i]);
    }
    return differences;
}

void dress_processor() {
    static u64 watched[4];                 // never touched, so that an enabled breakpoint on it never fires
    constexpr u64 watch_all = 0x9999'0455; // writes of 8 bytes, all four locally enabled; bit 10 is always 1
    const u64 number = this_processor().number;
    write_dr0(reinterpret_cast<u64>(&watched[0]));
    write_dr1(reinterpret_cast<u64>(&watched[1]));
    write_dr2(reinterpret_cast<u64>(&watched[2]));
    write_dr3(reinterpret_cast<u64>(&watched[3]));
    write_dr6(0xFFFF'0FF0 | 1);
    write_dr7(watch_all);
    write_cr2(0x1234'5000 + number);
    write_cr8(5);
    constexpr u64 cr4_de = 1u << 3;
    constexpr u64 cr4_mce = 1u << 6;
    write_cr4(read_cr4() | cr4_de | cr4_mce);
    asm volatile("mov %0, %%ds; mov %1, %%es; mov %1, %%fs"
                 :
                 : "r"(static_cast<u32>(selector_data)), "r"(static_cast<u32>(selector_user_data)));
    asm volatile("mov %0, %%gs" : : "r"(static_cast<u32>(selector_user_data)));
    write_msr(msr_gs_base, reinterpret_cast<u64>(&processor(static_cast<u32>(number))));
    write_msr(msr_fs_base, 0xFFFF'8000'1111'0000 + number);
    write_msr(msr_kernel_gs_base, 0xFFFF'8000'2222'0000 + number);
    try_write_msr(0x174, selector_code);
    try_write_msr(0x175, 0xFFFF'8000'3333'0000 + number);
    try_write_msr(0x176, 0xFFFF'8000'4444'0000 + number);
    try_write_msr(0xC000'0081, 0x0023'0010'0000'0000);
    try_write_msr(0xC000'0082, 0xFFFF'8000'5555'0000 + number);
    try_write_msr(0xC000'0083, 0xFFFF'8000'6666'0000 + number);
    try_write_msr(0xC000'0084, 0x47700);
    try_write_msr(0xC000'0103, 0x7777 + number);
    try_write_msr(0x277, 0x0007'0106'0007'0406);
    try_write_msr(0x1D9, 2); // BTF
    if ((read_cr4() & cr4_osxsave) != 0)
        asm volatile("xsetbv" : : "c"(0), "a"(3), "d"(0)); // x87 and SSE
}

void dress_all() {
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(
            i,
            [](void*, u32) NADIR_ABI -> u32 {
                dress_processor();
                return 0;
            },
            nullptr);
}

void take_all_snapshots(Snapshot* snapshots) {
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(
            i,
            [](void* argument, u32) NADIR_ABI -> u32 {
                take_snapshot(*static_cast<Snapshot*>(argument));
                return 0;
            },
            snapshots + i);
}

u32 compare_all_snapshots(const char* title, const Snapshot* before, const Snapshot* after) {
    u32 differences = 0;
    for (u32 i = 0; i < processor_count(); ++i)
        differences += compare_snapshots(title, i, before[i], after[i]);
    print("diff %s: %u differences on %u processors\n", title, differences, processor_count());
    return differences;
}

Snapshot* allocate_snapshots() { return static_cast<Snapshot*>(allocate(processor_count() * sizeof(Snapshot))); }

void release_snapshots(Snapshot* snapshots) { release(snapshots, processor_count() * sizeof(Snapshot)); }

} // namespace nadir::bare
