// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Two dumps, field by field.
#pragma once

#include "tool/dump/dump.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nadir::tool {

struct FieldDifference {
    const arch::VmcsFieldInfo* field;
    std::optional<std::uint64_t> left; // nothing: it isn't in that dump
    std::optional<std::uint64_t> right;
};

struct DumpComparison {
    std::vector<FieldDifference> different; // in both, with different values
    std::vector<FieldDifference> only_left;
    std::vector<FieldDifference> only_right;
    unsigned same = 0;
};

DumpComparison compare_dumps(const Dump& left, const Dump& right);

// The parts of the field that differ, "type 11 -> 3, granularity 1 -> 0"; empty where it has no parts.
std::string differing_parts(const arch::VmcsFieldInfo& field, std::uint64_t left, std::uint64_t right);

} // namespace nadir::tool
