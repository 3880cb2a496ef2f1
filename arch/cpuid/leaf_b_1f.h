// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Leaves BH and 1FH: topology, one sub-leaf per level. EDX is the x2APIC identifier.
// [SDM2 "CPUID—CPU Identification"]
#pragma once

#include "arch/register.h"

namespace nadir::arch::cpuid {

enum class TopologyDomain : std::uint8_t {
    invalid = 0,
    logical_processor = 1,
    core = 2,
    module = 3,
    tile = 4,
    die = 5,
    die_group = 6,
};

constexpr std::string_view name_of(TopologyDomain domain) {
    constexpr std::string_view names[] = {"invalid", "logical processor", "core", "module", "tile", "die", "die group"};
    return static_cast<std::uint8_t>(domain) < 7 ? names[static_cast<std::uint8_t>(domain)] : std::string_view{};
}

struct LeafTopologyEax : Register<LeafTopologyEax, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, shift, 4, 0, "shift of the x2APIC identifier to the next level")
};

struct LeafTopologyEbx : Register<LeafTopologyEbx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, processors, 15, 0, "logical processors at this level")
};

struct LeafTopologyEcx : Register<LeafTopologyEcx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, level, 7, 0, "the sub-leaf")
    NADIR_FIELD(TopologyDomain, domain, 15, 8, "kind of level")
};

struct LeafTopologyEdx : Register<LeafTopologyEdx, std::uint32_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint32_t, x2apic_id, 31, 0, "this processor's x2APIC identifier")
};

} // namespace nadir::arch::cpuid
