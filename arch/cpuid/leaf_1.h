// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaf 1: version and features.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

// Version.
struct Leaf1Eax : Register<Leaf1Eax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, stepping, 3, 0, "stepping")
    NADIR_FIELD(std::uint8_t, model, 7, 4, "model")
    NADIR_FIELD(std::uint8_t, family, 11, 8, "family")
    NADIR_FIELD(std::uint8_t, type, 13, 12, "processor type")
    NADIR_FIELD(std::uint8_t, extended_model, 19, 16, "extended model")
    NADIR_FIELD(std::uint8_t, extended_family, 27, 20, "extended family")

    [[nodiscard]] constexpr unsigned display_family() const {
        return family() == 0xF ? family() + extended_family() : family();
    }
    [[nodiscard]] constexpr unsigned display_model() const {
        const bool extended = family() == 0x6 || family() == 0xF;
        return extended ? (static_cast<unsigned>(extended_model()) << 4) + model() : model();
    }
};

struct Leaf1Ebx : Register<Leaf1Ebx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, brand_index, 7, 0, "brand index")
    NADIR_FIELD(std::uint8_t, clflush_size, 15, 8, "CLFLUSH line size in 8-byte units")
    NADIR_FIELD(std::uint8_t, logical_processors, 23, 16, "addressable identifiers of processors in the package")
    NADIR_FIELD(std::uint8_t, apic_id, 31, 24, "initial APIC identifier")
};

struct Leaf1Ecx : Register<Leaf1Ecx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(sse3, 0, "SSE3")
    NADIR_BIT(pclmulqdq, 1, "PCLMULQDQ")
    NADIR_BIT(dtes64, 2, "64-bit debug store")
    NADIR_BIT(monitor, 3, "MONITOR and MWAIT")
    NADIR_BIT(ds_cpl, 4, "CPL-qualified debug store")
    NADIR_BIT(vmx, 5, "virtual machine extensions")
    NADIR_BIT(smx, 6, "safer mode extensions")
    NADIR_BIT(eist, 7, "Enhanced Intel SpeedStep")
    NADIR_BIT(tm2, 8, "Thermal Monitor 2")
    NADIR_BIT(ssse3, 9, "SSSE3")
    NADIR_BIT(cnxt_id, 10, "L1 context identifier")
    NADIR_BIT(sdbg, 11, "IA32_DEBUG_INTERFACE")
    NADIR_BIT(fma, 12, "FMA")
    NADIR_BIT(cmpxchg16b, 13, "CMPXCHG16B")
    NADIR_BIT(xtpr, 14, "xTPR update control")
    NADIR_BIT(pdcm, 15, "IA32_PERF_CAPABILITIES")
    NADIR_BIT(pcid, 17, "process-context identifiers")
    NADIR_BIT(dca, 18, "direct cache access")
    NADIR_BIT(sse4_1, 19, "SSE4.1")
    NADIR_BIT(sse4_2, 20, "SSE4.2")
    NADIR_BIT(x2apic, 21, "x2APIC")
    NADIR_BIT(movbe, 22, "MOVBE")
    NADIR_BIT(popcnt, 23, "POPCNT")
    NADIR_BIT(tsc_deadline, 24, "APIC timer with TSC deadline")
    NADIR_BIT(aes, 25, "AES")
    NADIR_BIT(xsave, 26, "XSAVE and XCR0")
    NADIR_BIT(osxsave, 27, "CR4.OSXSAVE is set")
    NADIR_BIT(avx, 28, "AVX")
    NADIR_BIT(f16c, 29, "16-bit floating-point conversion")
    NADIR_BIT(rdrand, 30, "RDRAND")
    NADIR_BIT(hypervisor, 31, "a hypervisor says that it is there (0 on bare processors)")
};

struct Leaf1Edx : Register<Leaf1Edx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(fpu, 0, "x87")
    NADIR_BIT(vme, 1, "virtual-8086 mode extensions")
    NADIR_BIT(de, 2, "debugging extensions")
    NADIR_BIT(pse, 3, "4-MiB pages")
    NADIR_BIT(tsc, 4, "time-stamp counter")
    NADIR_BIT(msr, 5, "RDMSR and WRMSR")
    NADIR_BIT(pae, 6, "physical address extension")
    NADIR_BIT(mce, 7, "machine-check exception")
    NADIR_BIT(cx8, 8, "CMPXCHG8B")
    NADIR_BIT(apic, 9, "local APIC, enabled")
    NADIR_BIT(sep, 11, "SYSENTER and SYSEXIT")
    NADIR_BIT(mtrr, 12, "memory type range registers")
    NADIR_BIT(pge, 13, "global pages")
    NADIR_BIT(mca, 14, "machine-check architecture")
    NADIR_BIT(cmov, 15, "CMOV")
    NADIR_BIT(pat, 16, "page attribute table")
    NADIR_BIT(pse36, 17, "36-bit addresses of 4-MiB pages")
    NADIR_BIT(psn, 18, "processor serial number")
    NADIR_BIT(clfsh, 19, "CLFLUSH")
    NADIR_BIT(ds, 21, "debug store")
    NADIR_BIT(acpi, 22, "thermal monitor and clock control")
    NADIR_BIT(mmx, 23, "MMX")
    NADIR_BIT(fxsr, 24, "FXSAVE and FXRSTOR")
    NADIR_BIT(sse, 25, "SSE")
    NADIR_BIT(sse2, 26, "SSE2")
    NADIR_BIT(ss, 27, "self snoop")
    NADIR_BIT(htt, 28, "the count of logical processors is valid")
    NADIR_BIT(tm, 29, "Thermal Monitor")
    NADIR_BIT(pbe, 31, "pending break enable")
};

} // namespace nadir::arch::cpuid
