// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Architectural last branch records. [SDM3 "Last Branch Records"] (chapter of the same name)
#pragma once

#include "arch/register.h"

namespace nadir::arch {

// IA32_LBR_CTL
struct LbrCtl : Register<LbrCtl, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(enable, 0, "branches are recorded")
    NADIR_BIT(os, 1, "at CPL 0")
    NADIR_BIT(user, 2, "at CPL 1 to 3")
    NADIR_BIT(call_stack, 3, "calls are pushed, returns pop them")
    NADIR_BIT(conditional, 16, "conditional branches")
    NADIR_BIT(near_relative_jump, 17, "near relative jumps")
    NADIR_BIT(near_indirect_jump, 18, "near indirect jumps")
    NADIR_BIT(near_relative_call, 19, "near relative calls")
    NADIR_BIT(near_indirect_call, 20, "near indirect calls")
    NADIR_BIT(near_return, 21, "near returns")
    NADIR_BIT(other, 22, "other branches: far ones, interrupts, exceptions")
};

struct LbrDepth : Register<LbrDepth, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint8_t, depth, 7, 0, "number of records")
};

enum class BranchType : std::uint8_t {
    conditional = 0,
    near_indirect_jump = 1,
    near_direct_jump = 2,
    near_indirect_call = 3,
    near_direct_call = 4,
    near_return = 5,
    other = 15,
};

constexpr std::string_view name_of(BranchType type) {
    switch (type) {
    case BranchType::conditional: return "conditional branch";
    case BranchType::near_indirect_jump: return "near indirect jump";
    case BranchType::near_direct_jump: return "near direct jump";
    case BranchType::near_indirect_call: return "near indirect call";
    case BranchType::near_direct_call: return "near direct call";
    case BranchType::near_return: return "near return";
    case BranchType::other: return "other branch";
    }
    return static_cast<std::uint8_t>(type) >= 8 ? "other branch" : std::string_view{};
}

// IA32_LBR_x_INFO, IA32_LER_INFO
struct LbrInfo : Register<LbrInfo, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_FIELD(std::uint16_t, cycles, 15, 0, "cycles since the previous record")
    NADIR_FIELD(BranchType, type, 59, 56, "kind of branch")
    NADIR_BIT(cycles_valid, 60, "the cycle count is valid")
    NADIR_BIT(tsx_abort, 61, "a transaction was aborted")
    NADIR_BIT(in_tsx, 62, "it was in a transaction")
    NADIR_BIT(mispredicted, 63, "the branch was mispredicted")
};

} // namespace nadir::arch
