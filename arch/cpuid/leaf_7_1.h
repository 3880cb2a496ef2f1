// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf 7, sub-leaves 1 and 2: extended features.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

struct Leaf7Sub1Eax : Register<Leaf7Sub1Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(sha512, 0, "SHA-512")
    NADIR_BIT(sm3, 1, "SM3")
    NADIR_BIT(sm4, 2, "SM4")
    NADIR_BIT(rao_int, 3, "remote atomic operations")
    NADIR_BIT(avx_vnni, 4, "AVX VNNI")
    NADIR_BIT(avx512_bf16, 5, "AVX-512 bfloat16")
    NADIR_BIT(lass, 6, "linear-address-space separation")
    NADIR_BIT(cmpccxadd, 7, "CMPccXADD")
    NADIR_BIT(arch_perfmon_ext, 8, "leaf 23H")
    NADIR_BIT(fast_zero_rep_movsb, 10, "fast zero-length REP MOVSB")
    NADIR_BIT(fast_short_rep_stosb, 11, "fast short REP STOSB")
    NADIR_BIT(fast_short_rep_cmpsb, 12, "fast short REP CMPSB and SCASB")
    NADIR_BIT(fred, 17, "flexible return and event delivery")
    NADIR_BIT(lkgs, 18, "LKGS")
    NADIR_BIT(wrmsrns, 19, "WRMSRNS")
    NADIR_BIT(nmi_source, 20, "NMI-source reporting")
    NADIR_BIT(amx_fp16, 21, "AMX half precision")
    NADIR_BIT(hreset, 22, "history reset")
    NADIR_BIT(avx_ifma, 23, "AVX IFMA")
    NADIR_BIT(lam, 26, "linear-address masking")
    NADIR_BIT(msrlist, 27, "RDMSRLIST and WRMSRLIST")
    NADIR_BIT(invd_disable_post_bios_done, 30, "INVD can be locked off after firmware")
    NADIR_BIT(movrs, 31, "MOVRS")
};

struct Leaf7Sub1Ebx : Register<Leaf7Sub1Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(ppin, 0, "IA32_PPIN and IA32_PPIN_CTL")
    NADIR_BIT(pbndkb, 1, "PBNDKB")
    NADIR_BIT(cpuid_limit_locked, 3, "IA32_MISC_ENABLE bit 22 cannot be set")
};

struct Leaf7Sub1Ecx : Register<Leaf7Sub1Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(msr_imm, 5, "RDMSR and WRMSRNS with immediate operand")
};

struct Leaf7Sub1Edx : Register<Leaf7Sub1Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(avx_vnni_int8, 4, "AVX VNNI 8-bit")
    NADIR_BIT(avx_ne_convert, 5, "AVX conversions without exceptions")
    NADIR_BIT(amx_complex, 8, "AMX complex numbers")
    NADIR_BIT(avx_vnni_int16, 10, "AVX VNNI 16-bit")
    NADIR_BIT(prefetchi, 14, "PREFETCHIT0 and PREFETCHIT1")
    NADIR_BIT(user_msr, 15, "URDMSR and UWRMSR")
    NADIR_BIT(uiret_uif, 17, "UIRET sets UIF from the stack")
    NADIR_BIT(cet_sss, 18, "supervisor shadow stacks cannot become prematurely busy")
    NADIR_BIT(avx10, 19, "AVX10, leaf 24H")
    NADIR_BIT(apx_f, 21, "APX")
    NADIR_BIT(mwait, 23, "MWAIT without MONITOR")
    NADIR_BIT(slsm, 24, "static lockstep mode")
};

struct Leaf7Sub2Edx : Register<Leaf7Sub2Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(psfd, 0, "IA32_SPEC_CTRL.psfd")
    NADIR_BIT(ipred_ctrl, 1, "IA32_SPEC_CTRL.ipred_dis")
    NADIR_BIT(rrsba_ctrl, 2, "IA32_SPEC_CTRL.rrsba_dis")
    NADIR_BIT(ddpd_u, 3, "IA32_SPEC_CTRL.ddpd_u")
    NADIR_BIT(bhi_ctrl, 4, "IA32_SPEC_CTRL.bhi_dis_s")
    NADIR_BIT(mcdt_no, 5, "immune to MXCSR configuration dependent timing")
    NADIR_BIT(uc_lock_disable, 6, "locks on uncacheable memory can be made to fault")
    NADIR_BIT(monitor_mitg_no, 7, "MONITOR and UMONITOR need no mitigation")
};

} // namespace nadir::arch::cpuid
