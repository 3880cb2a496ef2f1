// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The EPT's entries as the host has them, and what they come to. [SDM3 "EPT Translation Mechanism"]
#pragma once

#include "arch/memory_type.h"
#include "control/control.h"
#include "tool/memory/page_walk.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

struct EptWalkWords {
    std::vector<WalkStep> steps; // from the top
    std::string problem;         // why it isn't mapped; empty: it is
    // When mapped.
    std::uint64_t physical = 0;
    std::uint64_t page_size = 0;
    bool read = false; // of all levels together
    bool write = false;
    bool execute = false;
    arch::MemoryType type = arch::MemoryType::uncacheable;

    [[nodiscard]] bool mapped() const { return problem.empty(); }
};

EptWalkWords take_ept_apart(const nadir_ept_walk& walk, std::uint64_t address);

// "the tables of all processors", "the reading view"
std::string_view name_of_ept_tables(nadir_u32 tables);

// "reading, executing", or "nothing"
std::string rights_of(const EptWalkWords& walk);

} // namespace nadir::tool
