// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The memory type that the MTRRs give to a physical address: a pure function of their values.
// [SDM3 "Memory Type Range Registers (MTRRs)"]
#pragma once

#include <cstdint>
#include <optional>

#include "arch/memory_type.h"
#include "arch/msr/mtrr.h"

namespace nadir::core {

struct MtrrValues {
    static constexpr unsigned most_variable = 32;

    bool supported; // CPUID.1:EDX.MTRR; without MTRRs memory is write-back for us, as the page tables say
    arch::MtrrCapability capability;
    arch::MtrrDefaultType default_type;
    uint64_t fixed[11]; // 64K, 16K x 2, 4K x 8, in the order of their addresses
    uint32_t variable_count;
    arch::MtrrPhysicalBase base[most_variable];
    arch::MtrrPhysicalMask mask[most_variable];
};

// The type of the 4 KiB page at `address`.
arch::MemoryType type_at(const MtrrValues& mtrr, uint64_t address);

// The type of all of [address, address + bytes), if it is the same everywhere. `bytes` is a power of two not below 4096,
// `address` a multiple of it. May answer "not the same" where a closer look would say "the same"; never the other way.
std::optional<arch::MemoryType> uniform_type(const MtrrValues& mtrr, uint64_t address, uint64_t bytes);

// An address above `address`, as high as is easily known, before which every byte from `address` on has the same type.
uint64_t same_type_until(const MtrrValues& mtrr, uint64_t address);

} // namespace nadir::core
