// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

constexpr u64 dirty = 0xFFFF'FFFF'0000'0000; // an upper half that instructions on 32 bits ignore

void trace_cpuid() {
    constexpr u32 leaves[][2] = {
        {0, 0},           {1, 0},           {2, 0},           {4, 0},           {4, 1},
        {5, 0},           {6, 0},           {7, 0},           {7, 1},           {0xA, 0},
        {0xD, 0},         {0xD, 1},         {0xD, 2},         {0x14, 0},        {0x15, 0},
        {0x16, 0},        {0x1F, 0},        {0x4000'0000, 0}, {0x4000'0001, 0}, {0x4000'00FF, 0},
        {0x8000'0000, 0}, {0x8000'0001, 0}, {0x8000'0007, 0}, {0x8000'0008, 0}, {0xFFFF'FFFF, 0}};
    for (const auto& leaf : leaves) {
        about("leaf %x.%u ", leaf[0], leaf[1]);
        probe("cpuid", {dirty | leaf[0], dirty, dirty | leaf[1], dirty}, NADIR_INSTRUCTION("cpuid"));
    }
    about("%s", "");
    // 1.ECX.OSXSAVE follows CR4.
    write_cr4(read_cr4() & ~cr4_osxsave);
    probe("cpuid 1 without OSXSAVE", {1, 0, 0, 0}, NADIR_INSTRUCTION("cpuid"));
    if ((cpuid(1).ecx & 1u << 26) != 0)
        write_cr4(read_cr4() | cr4_osxsave);
    probe("cpuid 1 with OSXSAVE", {1, 0, 0, 0}, NADIR_INSTRUCTION("cpuid"));
}

void trace_xsetbv() {
    if ((cpuid(1).ecx & 1u << 26) == 0)
        return;
    constexpr auto xsetbv = NADIR_INSTRUCTION("xsetbv");
    constexpr u64 values[] = {3, 7, 1, 0, 2, 5, 0x1B, 0x18, 0xE3, 0xE7, 0x207, 0x8000'0000, 0xFFFF'FFFF};
    for (const u64 value : values) {
        about("value %llx ", value);
        probe("xsetbv", {dirty | value, 0, dirty, dirty}, xsetbv);
        probe("cpuid d.0", {0xD, 0, 0, 0}, NADIR_INSTRUCTION("cpuid"));
        probe("cpuid d.1", {0xD, 0, 1, 0}, NADIR_INSTRUCTION("cpuid"));
        probe("xgetbv", {0, 0, 0, 0}, NADIR_INSTRUCTION("xgetbv"));
    }
    about("%s", "");
    probe("xsetbv high bits", {7, 0, 0, 1}, xsetbv);
    probe("xsetbv index 1", {7, 0, 1, 0}, xsetbv);
    probe("xsetbv index ffffffff", {7, 0, 0xFFFF'FFFF, 0}, xsetbv);
    write_cr4(read_cr4() & ~cr4_osxsave);
    probe("xsetbv without OSXSAVE", {7, 0, 0, 0}, xsetbv);
    write_cr4(read_cr4() | cr4_osxsave);
    probe("xsetbv back", {1, 0, 0, 0}, xsetbv);
}

void trace_caches() {
    static volatile u64 canary;
    canary = 0x1122'3344'5566'7788;
    probe("invd", {1, 2, 3, 4}, NADIR_INSTRUCTION("invd"));
    print("exits after invd: %llx\n", canary);
    probe("wbinvd", {1, 2, 3, 4}, NADIR_INSTRUCTION("wbinvd"));
}

void trace_vmx_instructions() {
    alignas(16) static u64 memory[2];
    const u64 m = reinterpret_cast<u64>(memory);
    probe("vmcall", {0, 0, 0, 0}, NADIR_INSTRUCTION("vmcall"));
    probe("vmcall all ones", {~0ull, ~0ull, ~0ull, ~0ull}, NADIR_INSTRUCTION("vmcall"));
    probe("vmlaunch", {0, 0, 0, 0}, NADIR_INSTRUCTION("vmlaunch"));
    probe("vmresume", {0, 0, 0, 0}, NADIR_INSTRUCTION("vmresume"));
    probe("vmxoff", {0, 0, 0, 0}, NADIR_INSTRUCTION("vmxoff"));
    probe("vmread", {0, 0, 0, 0}, NADIR_INSTRUCTION("vmread %%rax, %%rbx"));
    probe("vmread memory", {0, m, 0, 0}, NADIR_INSTRUCTION("vmread %%rax, (%%rbx)"));
    probe("vmread no memory", {0, dirty, 0, 0}, NADIR_INSTRUCTION("vmread %%rax, (%%rbx)"));
    probe("vmwrite", {0, 0, 0, 0}, NADIR_INSTRUCTION("vmwrite %%rbx, %%rax"));
    probe("vmclear", {0, m, 0, 0}, NADIR_INSTRUCTION("vmclear (%%rbx)"));
    probe("vmptrld", {0, m, 0, 0}, NADIR_INSTRUCTION("vmptrld (%%rbx)"));
    probe("vmptrst", {0, m, 0, 0}, NADIR_INSTRUCTION("vmptrst (%%rbx)"));
    probe("vmxon", {0, m, 0, 0}, NADIR_INSTRUCTION("vmxon (%%rbx)"));
    probe("invept", {1, m, 0, 0}, NADIR_INSTRUCTION("invept (%%rbx), %%rax"));
    probe("invvpid", {1, m, 0, 0}, NADIR_INSTRUCTION("invvpid (%%rbx), %%rax"));
    probe("vmfunc", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0x0f, 0x01, 0xd4"));
    probe("getsec", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0x0f, 0x37"));
}

// Instructions that need a control of ours where CPUID shows them. What they answer may differ, that they work may not.
void trace_optional_instructions() {
    alignas(16) static u64 descriptor[2];
    constexpr auto rdtscp = NADIR_INSTRUCTION("rdtscp; xor %%eax, %%eax; xor %%edx, %%edx");
    probe("rdtscp", {0, 0, 0, 0}, rdtscp);
    probe("invpcid", {2, reinterpret_cast<u64>(descriptor), 0, 0}, NADIR_INSTRUCTION("invpcid (%%rbx), %%rax"));
    probe("rdpmc", {0, 0, 0xFFF, 0}, NADIR_INSTRUCTION("rdpmc; xor %%eax, %%eax; xor %%edx, %%edx"));
    probe("tpause", {0, 0, 0, 0}, NADIR_INSTRUCTION(".byte 0x66, 0x0f, 0xae, 0xf3"));
    alignas(64) static u8 area[4096];
    probe("xsaves", {3, reinterpret_cast<u64>(area), 0, 0}, NADIR_INSTRUCTION("xsaves (%%rbx)"));
    probe("ud2", {0, 0, 0, 0}, NADIR_INSTRUCTION("ud2"));
}

void trace_msrs() {
    constexpr auto rdmsr = NADIR_INSTRUCTION("rdmsr");
    constexpr auto wrmsr = NADIR_INSTRUCTION("wrmsr");
    constexpr u64 outside[] = {0x2000, 0x4000'0000, 0x4000'00F0, 0xBFFF'FFFF, 0xC000'2000, 0xFFFF'FFFF};
    for (const u64 number : outside) {
        about("msr %llx ", number);
        probe("rdmsr", {0x1234, 0, number, 0x5678}, rdmsr);
        probe("wrmsr", {0x1234, 0, number, 0x5678}, wrmsr);
    }
    constexpr u64 addresses[] = {0xC000'0100, 0xC000'0102, 0xC000'0082, 0x175, 0x176};
    for (const u64 number : addresses) {
        const u64 before = read_msr(static_cast<u32>(number));
        about("msr %llx ", number);
        probe("wrmsr not canonical", {0, 0, number, 0x0001'0000}, wrmsr);
        probe("wrmsr canonical", {dirty | 0x8765'4321, 0, dirty | number, dirty | 0xFFFF'8001}, wrmsr);
        probe("rdmsr", {dirty, 0, dirty | number, dirty}, rdmsr);
        write_msr(static_cast<u32>(number), before);
    }
    about("%s", "");
    probe("wrmsr efer reserved", {0x2500, 0, msr_efer, 0}, wrmsr);
    probe("wrmsr efer without lme", {0x0, 0, msr_efer, 0}, wrmsr);
    probe("wrmsr pat reserved", {0x0202'0202, 0, 0x277, 0}, wrmsr);
    probe("rdmsr feature control", {0, 0, msr_feature_control, 0}, rdmsr);
    probe("wrmsr feature control", {0, 0, msr_feature_control, 0}, wrmsr);
}

} // namespace

void trace_instructions() {
    trace_cpuid();
    trace_xsetbv();
    trace_caches();
    trace_vmx_instructions();
    trace_optional_instructions();
    trace_msrs();
}

// Every MSR that can be read, but for those that count by themselves.
void sweep_msrs() {
    constexpr struct {
        u32 first, last;
    } volatile_msrs[] = {{0x10, 0x10},   {0xC1, 0xC8},   {0xE7, 0xE8},   {0x19C, 0x19C},
                         {0x309, 0x30C}, {0x34, 0x34},   {0x4C1, 0x4C8}, {0x6E0, 0x6E0},
                         {0x800, 0x8FF}, {0x38E, 0x390}, {0x3F8, 0x3FF}, {0x606, 0x64F}};
    u32 readable = 0;
    for (u32 half = 0; half < 2; ++half) {
        for (u32 i = 0; i < 0x2000; ++i) {
            const u32 number = (half != 0 ? 0xC000'0000 : 0) + i;
            u64 value;
            if (!try_read_msr(number, value))
                continue;
            ++readable;
            bool moving = false;
            for (const auto& range : volatile_msrs)
                moving = moving || (number >= range.first && number <= range.last);
            print("exits msr %x: %llx\n", number, moving ? 0 : value);
        }
    }
    print("exits msrs: %u readable\n", readable);
}

} // namespace nadir::conformance
