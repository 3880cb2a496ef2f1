// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/programs/switched_msrs.h"

#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"

namespace nadir::bare {

namespace {

constexpr u32 msr_sysenter_cs = 0x174;
constexpr u32 msr_sysenter_esp = 0x175;
constexpr u32 msr_sysenter_eip = 0x176;
constexpr u32 msr_pat = 0x277;

constexpr u32 plain[] = {msr_sysenter_cs, msr_sysenter_esp, msr_sysenter_eip, msr_fs_base, msr_gs_base};
constexpr u64 addresses[] = {0,
                             0x1234,
                             0x7FFF'FFFF'FFFF,
                             0x8000'0000'0000, // not canonical with four levels
                             0xFFFF'8000'0000'0000,
                             0xFFFF'7FFF'FFFF'FFFF,
                             0x0001'2345'0000'0000,
                             u64{1} << 63,
                             ~u64{0}};
constexpr u64 pats[] = {0x0007'0406'0007'0406, 0x0106'0406'0007'0506, 0x0006'0202'0606'0606, 0x0806'0606'0606'0606,
                        u64{3} << 8};
// What is to change of the present value: the bits of the mode can't, others exist or don't.
constexpr u64 efer_changes[] = {0,        1,        1u << 1,  1u << 8,  1u << 10,     1u << 9,     1u << 12,
                                1u << 13, 1u << 14, 1u << 15, 1u << 18, u64{1} << 32, u64{1} << 63};

struct Try {
    u32 msr;
    u64 value;
    u64 before;
    u64 after; // read back
};

// The fault handler needs the GS base: it is put back before anything else happens.
void write_and_read(void* argument) {
    auto& one = *static_cast<Try*>(argument);
    write_msr(one.msr, one.value);
    one.after = read_msr(one.msr);
    write_msr(one.msr, one.before);
}

void try_value(SwitchedMsrs& all, u32 msr, u64 value) {
    FaultGuard guard;
    Try one{msr, value, read_msr(msr), 0};
    const u32 vector = guarded(guard, write_and_read, &one);
    auto& result = all.results[all.tries++];
    result = {one.after ^ (vector != no_fault ? read_msr(msr) : 0), vector};
    all.refused += vector != no_fault;
}

} // namespace

void try_switched_msrs(SwitchedMsrs& all) {
    all = {};
    for (const u32 msr : plain)
        for (const u64 value : addresses)
            try_value(all, msr, value);
    for (const u64 value : pats)
        try_value(all, msr_pat, value);
    const u64 efer = read_msr(msr_efer);
    for (const u64 change : efer_changes)
        try_value(all, msr_efer, efer ^ change);
}

u32 differences(const SwitchedMsrs& one, const SwitchedMsrs& other) {
    u32 count = one.tries != other.tries;
    for (u32 i = 0; i < one.tries; ++i)
        count += one.results[i].value != other.results[i].value || one.results[i].faulted != other.results[i].faulted;
    return count;
}

} // namespace nadir::bare
