// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf 7: extended features.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

// Sub-leaf 0.
struct Leaf7Eax : Register<Leaf7Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, highest_sub_leaf, 31, 0, "highest sub-leaf")
};

struct Leaf7Ebx : Register<Leaf7Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(fsgsbase, 0, "RDFSBASE and the like")
    NADIR_BIT(tsc_adjust, 1, "IA32_TSC_ADJUST")
    NADIR_BIT(sgx, 2, "SGX")
    NADIR_BIT(bmi1, 3, "BMI1")
    NADIR_BIT(hle, 4, "HLE")
    NADIR_BIT(avx2, 5, "AVX2")
    NADIR_BIT(fdp_excptn_only, 6, "x87 data pointer updated on exceptions only")
    NADIR_BIT(smep, 7, "supervisor-mode execution prevention")
    NADIR_BIT(bmi2, 8, "BMI2")
    NADIR_BIT(erms, 9, "fast REP MOVSB and STOSB")
    NADIR_BIT(invpcid, 10, "INVPCID")
    NADIR_BIT(rtm, 11, "RTM")
    NADIR_BIT(pqm, 12, "resource monitoring")
    NADIR_BIT(zero_fcs_fds, 13, "x87 CS and DS are deprecated")
    NADIR_BIT(mpx, 14, "MPX")
    NADIR_BIT(pqe, 15, "resource allocation")
    NADIR_BIT(avx512f, 16, "AVX-512 foundation")
    NADIR_BIT(avx512dq, 17, "AVX-512 doubleword and quadword")
    NADIR_BIT(rdseed, 18, "RDSEED")
    NADIR_BIT(adx, 19, "ADCX and ADOX")
    NADIR_BIT(smap, 20, "supervisor-mode access prevention")
    NADIR_BIT(avx512_ifma, 21, "AVX-512 integer multiply-add")
    NADIR_BIT(clflushopt, 23, "CLFLUSHOPT")
    NADIR_BIT(clwb, 24, "CLWB")
    NADIR_BIT(processor_trace, 25, "Processor Trace")
    NADIR_BIT(avx512pf, 26, "AVX-512 prefetch")
    NADIR_BIT(avx512er, 27, "AVX-512 exponential and reciprocal")
    NADIR_BIT(avx512cd, 28, "AVX-512 conflict detection")
    NADIR_BIT(sha, 29, "SHA")
    NADIR_BIT(avx512bw, 30, "AVX-512 byte and word")
    NADIR_BIT(avx512vl, 31, "AVX-512 vector lengths")
};

struct Leaf7Ecx : Register<Leaf7Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(prefetchwt1, 0, "PREFETCHWT1")
    NADIR_BIT(avx512_vbmi, 1, "AVX-512 vector byte manipulation")
    NADIR_BIT(umip, 2, "user-mode instruction prevention")
    NADIR_BIT(pku, 3, "protection keys for user pages")
    NADIR_BIT(ospke, 4, "CR4.PKE is set")
    NADIR_BIT(waitpkg, 5, "TPAUSE, UMONITOR, UMWAIT")
    NADIR_BIT(avx512_vbmi2, 6, "AVX-512 VBMI2")
    NADIR_BIT(cet_ss, 7, "shadow stacks")
    NADIR_BIT(gfni, 8, "GFNI")
    NADIR_BIT(vaes, 9, "VAES")
    NADIR_BIT(vpclmulqdq, 10, "VPCLMULQDQ")
    NADIR_BIT(avx512_vnni, 11, "AVX-512 neural network")
    NADIR_BIT(avx512_bitalg, 12, "AVX-512 bit algorithms")
    NADIR_BIT(tme_en, 13, "total memory encryption MSRs")
    NADIR_BIT(avx512_vpopcntdq, 14, "AVX-512 VPOPCNT")
    NADIR_BIT(la57, 16, "57-bit linear addresses")
    NADIR_FIELD(std::uint8_t, mawau, 21, 17, "MPX address-width adjust")
    NADIR_BIT(rdpid, 22, "RDPID")
    NADIR_BIT(key_locker, 23, "Key Locker")
    NADIR_BIT(bus_lock_detect, 24, "bus-lock debug exceptions")
    NADIR_BIT(cldemote, 25, "CLDEMOTE")
    NADIR_BIT(movdiri, 27, "MOVDIRI")
    NADIR_BIT(movdir64b, 28, "MOVDIR64B")
    NADIR_BIT(enqcmd, 29, "ENQCMD and ENQCMDS")
    NADIR_BIT(sgx_lc, 30, "SGX launch configuration")
    NADIR_BIT(pks, 31, "protection keys for supervisor pages")
};

struct Leaf7Edx : Register<Leaf7Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(sgx_keys, 1, "SGX attestation services")
    NADIR_BIT(avx512_4vnniw, 2, "AVX-512 4VNNIW")
    NADIR_BIT(avx512_4fmaps, 3, "AVX-512 4FMAPS")
    NADIR_BIT(fsrm, 4, "fast short REP MOVSB")
    NADIR_BIT(uintr, 5, "user interrupts")
    NADIR_BIT(avx512_vp2intersect, 8, "AVX-512 VP2INTERSECT")
    NADIR_BIT(srbds_ctrl, 9, "IA32_MCU_OPT_CTRL")
    NADIR_BIT(md_clear, 10, "VERW overwrites buffers")
    NADIR_BIT(rtm_always_abort, 11, "transactions always abort")
    NADIR_BIT(rtm_force_abort, 13, "transactions can be made to abort")
    NADIR_BIT(serialize, 14, "SERIALIZE")
    NADIR_BIT(hybrid, 15, "cores of different kinds")
    NADIR_BIT(tsxldtrk, 16, "TSX load tracking")
    NADIR_BIT(pconfig, 18, "PCONFIG")
    NADIR_BIT(architectural_lbr, 19, "architectural last branch records")
    NADIR_BIT(cet_ibt, 20, "indirect branch tracking")
    NADIR_BIT(amx_bf16, 22, "AMX bfloat16")
    NADIR_BIT(avx512_fp16, 23, "AVX-512 half precision")
    NADIR_BIT(amx_tile, 24, "AMX tiles")
    NADIR_BIT(amx_int8, 25, "AMX 8-bit integers")
    NADIR_BIT(spec_ctrl, 26, "IBRS and IBPB")
    NADIR_BIT(stibp, 27, "STIBP")
    NADIR_BIT(l1d_flush, 28, "IA32_FLUSH_CMD")
    NADIR_BIT(arch_capabilities, 29, "IA32_ARCH_CAPABILITIES")
    NADIR_BIT(core_capabilities, 30, "IA32_CORE_CAPABILITIES")
    NADIR_BIT(ssbd, 31, "speculative store bypass disable")
};

} // namespace nadir::arch::cpuid
