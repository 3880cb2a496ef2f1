// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// System-management mode. [SDM3 "System Management Mode"]
#pragma once

#include "arch/memory_type.h"
#include "arch/register.h"

namespace nadir::arch {

struct SmmMonitorCtl : Register<SmmMonitorCtl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(valid, 0, "an SMM-transfer monitor may be activated")
    NADIR_BIT(vmxoff_unblocks_smi, 2, "VMXOFF unblocks SMIs")
    NADIR_FIELD(std::uint32_t, mseg_base, 31, 12, "address of MSEG divided by 4096")
};

struct SmrrPhysicalBase : Register<SmrrPhysicalBase, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(MemoryType, type, 7, 0, "memory type of SMRAM in system-management mode")
    NADIR_FIELD(std::uint32_t, page_number, 31, 12, "base address divided by 4096")
};

struct SmrrPhysicalMask : Register<SmrrPhysicalMask, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(valid, 11, "the range is in use")
    NADIR_FIELD(std::uint32_t, page_number, 31, 12, "address mask divided by 4096")
};

} // namespace nadir::arch
