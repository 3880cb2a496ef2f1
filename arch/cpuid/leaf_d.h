// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf DH: XSAVE. [SDM2 "CPUID—CPU Identification"]
// Sub-leaf 0: EDX:EAX are the bits that XCR0 may have, EBX the size for the current XCR0, ECX for all of them.
// Sub-leaf 1: EBX is the size for XCR0 | IA32_XSS, EDX:ECX the bits that IA32_XSS may have.
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

// The lower half of what XCR0 may be; the names are those of Xcr0.
struct LeafDEax : Register<LeafDEax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(x87, 0, "x87 state")
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

struct LeafDEbx : Register<LeafDEbx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, size_enabled, 31, 0, "bytes of an XSAVE area for what XCR0 enables now")
};

struct LeafDEcx : Register<LeafDEcx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, size_maximum, 31, 0, "bytes of an XSAVE area for everything that XCR0 can enable")
};

// No component has a bit there yet: the upper half of XCR0, and in sub-leaf 1 that of IA32_XSS.
struct LeafDEdx : Register<LeafDEdx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, upper_half, 31, 0, "components 32 to 63")
};

struct LeafDSub1Ebx : Register<LeafDSub1Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, size_compacted, 31, 0, "bytes of a compacted area for what XCR0 and IA32_XSS enable now")
};

struct LeafDSub1Eax : Register<LeafDSub1Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(xsaveopt, 0, "XSAVEOPT")
    NADIR_BIT(xsavec, 1, "XSAVEC and compacted XRSTOR")
    NADIR_BIT(xgetbv_1, 2, "XGETBV with ECX = 1")
    NADIR_BIT(xsaves, 3, "XSAVES, XRSTORS, IA32_XSS")
    NADIR_BIT(xfd, 4, "extended feature disable")
};

// The lower half of what IA32_XSS may be; the names are those of Xss.
struct LeafDSub1Ecx : Register<LeafDSub1Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(pt, 8, "Processor Trace")
    NADIR_BIT(pasid, 10, "process address space identifier")
    NADIR_BIT(cet_u, 11, "control-flow enforcement, user")
    NADIR_BIT(cet_s, 12, "control-flow enforcement, supervisor")
    NADIR_BIT(hdc, 13, "hardware duty cycling")
    NADIR_BIT(uintr, 14, "user interrupts")
    NADIR_BIT(lbr, 15, "architectural last branch records")
    NADIR_BIT(hwp, 16, "hardware-controlled performance states")
};

// Sub-leaf n > 1: state component n.
struct LeafDComponentEax : Register<LeafDComponentEax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, size, 31, 0, "bytes of the component")
};

struct LeafDComponentEbx : Register<LeafDComponentEbx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, offset, 31, 0, "offset in the standard format (components of XCR0)")
};

struct LeafDComponentEcx : Register<LeafDComponentEcx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(supervisor, 0, "0: by XCR0; 1: by IA32_XSS")
    NADIR_BIT(aligned, 1, "64-byte aligned in compacted format")
    NADIR_BIT(xfd, 2, "XFD covers it")
};

} // namespace nadir::arch::cpuid
