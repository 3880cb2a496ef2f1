// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The instructions that are tried in every mode (low.S): those that exit, and those that differ by mode.
#pragma once

#include "tests/guest/modes/low.h"

namespace nadir::modes {

#define NADIR_PIECE(name) extern "C" const u8 low_##name[];
NADIR_PIECE(cpuid)
NADIR_PIECE(vmcall)
NADIR_PIECE(vmlaunch)
NADIR_PIECE(vmresume)
NADIR_PIECE(vmxoff)
NADIR_PIECE(vmread)
NADIR_PIECE(vmwrite)
NADIR_PIECE(vmfunc)
NADIR_PIECE(getsec)
NADIR_PIECE(invd)
NADIR_PIECE(wbinvd)
NADIR_PIECE(xgetbv)
NADIR_PIECE(xsetbv)
NADIR_PIECE(rdmsr)
NADIR_PIECE(wrmsr)
NADIR_PIECE(clts)
NADIR_PIECE(read_cr0)
NADIR_PIECE(write_cr0)
NADIR_PIECE(read_cr4)
NADIR_PIECE(write_cr4)
NADIR_PIECE(smsw)
NADIR_PIECE(int3)
NADIR_PIECE(int_21)
NADIR_PIECE(int_41)
NADIR_PIECE(call_task)
NADIR_PIECE(return)
NADIR_PIECE(ud2)
NADIR_PIECE(sti)
NADIR_PIECE(step)
#undef NADIR_PIECE

constexpr u32 no_such_msr = 0x4000'0000;
constexpr u32 msr_efer = 0xC000'0080;

inline const Piece pieces[] = {
    {"cpuid 1", low_cpuid, {1, ~0u, 0, 0}},
    {"cpuid d", low_cpuid, {0xD, 0, 0, 0}},
    {"cpuid 40000000", low_cpuid, {0x4000'0000, 0, 0, 0}},
    {"cpuid 80000001", low_cpuid, {0x8000'0001, 0, 0, 0}},
    {"vmcall", low_vmcall, {0, 0, 0, 0}},
    {"vmlaunch", low_vmlaunch, {}},
    {"vmresume", low_vmresume, {}},
    {"vmxoff", low_vmxoff, {}},
    {"vmread", low_vmread, {}},
    {"vmwrite", low_vmwrite, {}},
    {"vmfunc", low_vmfunc, {}},
    {"getsec", low_getsec, {}},
    {"invd", low_invd, {}},
    {"wbinvd", low_wbinvd, {}},
    {"xgetbv", low_xgetbv, {0, 0, 0, 0}},
    {"xsetbv without osxsave", low_xsetbv, {1, 0, 0, 0}},
    {"rdmsr 40000000", low_rdmsr, {0, 0, no_such_msr, 0}},
    {"rdmsr efer", low_rdmsr, {0, 0, msr_efer, 0}},
    {"wrmsr 40000000", low_wrmsr, {0, 0, no_such_msr, 0}},
    {"clts", low_clts, {}},
    {"read cr0", low_read_cr0, {}},
    {"read cr4", low_read_cr4, {}},
    {"smsw", low_smsw, {}},
    {"int3", low_int3, {}},
    {"ud2", low_ud2, {}},
};

} // namespace nadir::modes
