// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/fuzz/msrs.h"

#include "hosts/bare/machine/instructions.h"
#include "tests/guest/conformance/fuzz/maker.h"

namespace nadir::conformance::fuzz {

namespace {

struct Range {
    u32 first;
    u32 last;
};

// Time-stamp counter and deadline, performance and energy counters, thermal state, the local APIC's timer.
constexpr Range counting[] = {{0x10, 0x10},   {0xC1, 0xC8},   {0xE7, 0xE8},   {0x19C, 0x19C},
                              {0x309, 0x30C}, {0x34, 0x34},   {0x4C1, 0x4C8}, {0x6E0, 0x6E0},
                              {0x38E, 0x390}, {0x3F8, 0x3FF}, {0x606, 0x64F}, {0x839, 0x839}};

constexpr Range interesting[] = {{0x1B, 0x1B},
                                 {0x3A, 0x3B},
                                 {0x79, 0x8B},
                                 {0xFE, 0x10F},
                                 {0x174, 0x17A},
                                 {0x1A0, 0x1DE},
                                 {0x200, 0x20F},
                                 {0x250, 0x277},
                                 {0x2FF, 0x2FF},
                                 {0x480, 0x492},
                                 {0x6A0, 0x6A8},
                                 {0x800, 0x83F},
                                 {0xC80, 0xC92},
                                 {0xDA0, 0xDA0},
                                 {0xC000'0080, 0xC000'0084},
                                 {0xC000'0100, 0xC000'0104},
                                 {0x0, 0x20},
                                 {0x1FF0, 0x2010},
                                 {0xC000'1FF0, 0xC000'2010},
                                 {0x4000'0000, 0x4000'0110}};

constexpr u64 efer_flags[] = {0, 1, 1u << 8, 1u << 10, 1u << 11, 1u << 12, 1u << 15, 1ull << 32};

u64 address(Random& random) {
    constexpr u64 places[] = {0,          0x1234'5678, 0x7FFF'FFFF'FFFF, 0x8000'0000'0000, 0xFFFF'8000'0000'0000,
                              1ull << 56, ~0ull};
    return random.of(places);
}

u64 any(Random& random) { return boundary_value(random); }

// EFER as it is with a bit changed, but never without NXE: our page tables use it.
u64 efer(Random& random) {
    constexpr u64 nxe = 1u << 11;
    return (read_msr(msr_efer) ^ random.of(efer_flags)) | nxe;
}

u64 memory_types(Random& random) {
    u64 value = 0;
    for (u32 i = 0; i < 8; ++i)
        value |= static_cast<u64>(random.one_in(12) ? random.below(256) : random.below(8)) << 8 * i;
    return value;
}

u64 variable_base(Random& random) {
    return (random.next() & 0x3'FFFF'F000) | random.below(8) | (random.one_in(6) ? 1ull << 60 : 0);
}

u64 variable_mask(Random& random) {
    return (0xF'0000'0000 - (0x1000ull << random.below(20))) | (random.one_in(2) ? 0x800u : 0) |
           (random.one_in(8) ? 0x7FFu : 0);
}

u64 default_type(Random& random) {
    return random.below(8) | static_cast<u64>(random.below(4)) << 10 |
           (random.one_in(6) ? 1ull << random.below(64) : 0);
}

u64 debug_control(Random& random) { return random.one_in(4) ? any(random) : random.below(4); }

struct Writable {
    u32 number;
    u64 (*value)(Random& random);
};

constexpr Writable writable[] = {
    {msr_efer, efer},
    {0xC000'0081, any},            // STAR
    {0xC000'0082, address},        // LSTAR
    {0xC000'0083, address},        // CSTAR
    {0xC000'0084, any},            // FMASK
    {msr_fs_base, address},        //
    {msr_kernel_gs_base, address}, //
    {0xC000'0103, any},            // TSC_AUX
    {0x174, any},                  // SYSENTER_CS
    {0x175, address},              // SYSENTER_ESP
    {0x176, address},              // SYSENTER_EIP
    {0x277, memory_types},         // PAT
    {0x200, variable_base},        // MTRRs
    {0x201, variable_mask},        //
    {0x20E, variable_base},        //
    {0x20F, variable_mask},        //
    {0x250, memory_types},         //
    {0x26F, memory_types},         //
    {0x2FF, default_type},         //
    {0x1D9, debug_control},        // DEBUGCTL
    {0x48, any},                   // SPEC_CTRL
    {0x8B, any},                   // BIOS_SIGN_ID
    {0xDA0, any},                  // XSS
    {0xFE, any},                   // MTRRCAP, which can't be written
    {0x3A, any},                   // FEATURE_CONTROL, locked
    {0x480, any},                  // VMX_BASIC, which can't be written
    {0x808, any},                  // the x2APIC's TPR, in xAPIC mode
    {0x1A0, any},                  // MISC_ENABLE
    {0x1FFF, any},                 //
    {0x2000, any},                 //
    {0x4000'0000, any},            //
    {0xC000'2000, any},            //
};

bool counts(u32 number) {
    for (const Range& range : counting)
        if (number >= range.first && number <= range.last)
            return true;
    return false;
}

u32 some_msr(Random& random) {
    if (random.one_in(4)) {
        constexpr u32 bases[] = {0, 0xC000'0000, 0x4000'0000, 0x8000'0000};
        return random.of(bases) + random.below(0x2100);
    }
    const Range& range = random.of(interesting);
    return range.first + random.below(range.last - range.first + 1);
}

} // namespace

u32 readable_msr(Random& random) {
    u32 number = some_msr(random);
    while (counts(number))
        number = some_msr(random);
    return number;
}

bool takes_long(u32 number) { return number >= 0x200 && number <= 0x2FF; } // MTRRs

MsrWrite writable_msr(Random& random) {
    const Writable& chosen = random.of(writable);
    return {chosen.number, chosen.value(random)};
}

} // namespace nadir::conformance::fuzz
