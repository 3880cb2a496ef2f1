// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Control registers. [SDM3 "Control Registers"]
// CR2 is a plain linear address and has no type.
#pragma once

#include "arch/register.h"

namespace nadir::arch {

struct Cr0 : Register<Cr0, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(pe, 0, "protection enable")
    NADIR_BIT(mp, 1, "monitor coprocessor")
    NADIR_BIT(em, 2, "emulation: x87 instructions fault")
    NADIR_BIT(ts, 3, "task switched")
    NADIR_BIT(et, 4, "extension type, always 1")
    NADIR_BIT(ne, 5, "numeric error: x87 errors raise #MF")
    NADIR_BIT(wp, 16, "write protect: supervisor writes obey read-only pages")
    NADIR_BIT(am, 18, "alignment mask")
    NADIR_BIT(nw, 29, "not write-through")
    NADIR_BIT(cd, 30, "cache disable")
    NADIR_BIT(pg, 31, "paging")
};

// With CR4.PCIDE = 0, bits 3 and 4 are PWT and PCD of the top paging structure and the rest of pcid is ignored.
struct Cr3 : Register<Cr3, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, pcid, 11, 0, "process-context identifier (without CR4.PCIDE: bit 3 PWT, bit 4 PCD)")
    NADIR_ADDRESS(page_table_base, 51, 12, "physical address of the top paging structure")
    NADIR_BIT(lam_u57, 61, "linear-address masking of user pointers, 57-bit (masks 62:57)")
    NADIR_BIT(lam_u48, 62, "linear-address masking of user pointers, 48-bit (masks 62:48)")
    NADIR_BIT(no_flush, 63, "MOV to CR3 with CR4.PCIDE = 1: keep the PCID's translations; never stored")

    static constexpr std::uint64_t pwt_mask = std::uint64_t{1} << 3;
    static constexpr std::uint64_t pcd_mask = std::uint64_t{1} << 4;
    static constexpr std::uint64_t lam_mask = lam_u57_mask | lam_u48_mask;
    [[nodiscard]] constexpr bool pwt() const { return any(pwt_mask); }
    [[nodiscard]] constexpr bool pcd() const { return any(pcd_mask); }
    // 0: off; 1: U57 (it wins where both are set); 2: U48.
    [[nodiscard]] constexpr unsigned lam() const { return lam_u57() ? 1u : (lam_u48() ? 2u : 0u); }
    // With PAE paging the table of page-directory pointers is only 32-byte aligned.
    [[nodiscard]] constexpr std::uint64_t pae_table_base() const { return value & 0xFFFFFFE0u; }
};

struct Cr4 : Register<Cr4, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(vme, 0, "virtual-8086 mode extensions")
    NADIR_BIT(pvi, 1, "protected-mode virtual interrupts")
    NADIR_BIT(tsd, 2, "time stamp disable: RDTSC at CPL 0 only")
    NADIR_BIT(de, 3, "debugging extensions")
    NADIR_BIT(pse, 4, "page size extensions")
    NADIR_BIT(pae, 5, "physical address extension")
    NADIR_BIT(mce, 6, "machine-check enable")
    NADIR_BIT(pge, 7, "page global enable")
    NADIR_BIT(pce, 8, "performance-monitoring counter enable: RDPMC at any CPL")
    NADIR_BIT(osfxsr, 9, "operating system supports FXSAVE and FXRSTOR")
    NADIR_BIT(osxmmexcpt, 10, "operating system supports unmasked SIMD exceptions")
    NADIR_BIT(umip, 11, "user-mode instruction prevention: SGDT, SIDT, SLDT, SMSW, STR at CPL 0 only")
    NADIR_BIT(la57, 12, "57-bit linear addresses: 5-level paging")
    NADIR_BIT(vmxe, 13, "VMX enable")
    NADIR_BIT(smxe, 14, "safer mode extensions enable")
    NADIR_BIT(fsgsbase, 16, "RDFSBASE, RDGSBASE, WRFSBASE, WRGSBASE enable")
    NADIR_BIT(pcide, 17, "process-context identifiers enable")
    NADIR_BIT(osxsave, 18, "XSAVE and processor extended states enable")
    NADIR_BIT(kl, 19, "Key Locker enable")
    NADIR_BIT(smep, 20, "supervisor-mode execution prevention")
    NADIR_BIT(smap, 21, "supervisor-mode access prevention")
    NADIR_BIT(pke, 22, "protection keys for user-mode pages")
    NADIR_BIT(cet, 23, "control-flow enforcement technology")
    NADIR_BIT(pks, 24, "protection keys for supervisor-mode pages")
    NADIR_BIT(uintr, 25, "user interrupts enable")
    NADIR_BIT(lass, 27, "linear-address-space separation")
    NADIR_BIT(lam_sup, 28, "linear-address masking of supervisor pointers")
    NADIR_BIT(fred, 32, "flexible return and event delivery")
};

// The task priority, as MOV to and from CR8 sees it: bits 7:4 of the local APIC's TPR.
struct Cr8 : Register<Cr8, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, tpl, 3, 0, "task priority level: external interrupts up to this class are held back")
};

// [SDM1 "Enabling the XSAVE Feature Set and XSAVE-Enabled Features"]
struct Xcr0 : Register<Xcr0, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(x87, 0, "x87 state, always 1")
    NADIR_BIT(sse, 1, "SSE state")
    NADIR_BIT(avx, 2, "AVX state")
    NADIR_BIT(bndregs, 3, "MPX bound registers")
    NADIR_BIT(bndcsr, 4, "MPX configuration and status")
    NADIR_BIT(opmask, 5, "AVX-512 opmask registers")
    NADIR_BIT(zmm_hi256, 6, "AVX-512 upper halves of ZMM0 to ZMM15")
    NADIR_BIT(hi16_zmm, 7, "AVX-512 ZMM16 to ZMM31")
    NADIR_BIT(pkru, 9, "protection-key rights for user pages")
    NADIR_BIT(tilecfg, 17, "AMX tile configuration")
    NADIR_BIT(tiledata, 18, "AMX tile data")
    NADIR_BIT(apx, 19, "APX extended general-purpose registers")
};

} // namespace nadir::arch
