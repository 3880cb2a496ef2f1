// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/compare_dumps.h"

#include "tool/dump/field_words.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::optional<std::uint64_t> value_in(const Dump& dump, const arch::VmcsFieldInfo& field) {
    std::uint64_t value = 0;
    return dump.vmcs.get(field.encoding.value, value) ? std::optional(value) : std::nullopt;
}

std::string part_words(const arch::Field& part, std::uint64_t raw) {
    const std::uint64_t value = part.of(raw);
    const std::string_view words = part.value_name != nullptr ? part.value_name(value) : std::string_view{};
    return !words.empty()                          ? std::string(words)
           : part.kind == arch::FieldKind::address ? fmt::format("{:#x}", raw & part.mask())
           : part.width() <= 8                     ? fmt::format("{}", value)
                                                   : fmt::format("{:#x}", value);
}

} // namespace

DumpComparison compare_dumps(const Dump& left, const Dump& right) {
    DumpComparison result;
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        const FieldDifference both{&field, value_in(left, field), value_in(right, field)};
        if (both.left && both.right) {
            if (*both.left == *both.right) {
                ++result.same;
            } else {
                result.different.push_back(both);
            }
        } else if (both.left) {
            result.only_left.push_back(both);
        } else if (both.right) {
            result.only_right.push_back(both);
        }
    }
    return result;
}

std::string differing_parts(const arch::VmcsFieldInfo& field, std::uint64_t left, std::uint64_t right) {
    std::string text;
    std::uint64_t covered = 0;
    for (const arch::Field& part : field.parts) {
        covered |= part.mask();
        if (part.of(left) != part.of(right)) {
            text += text.empty() ? "" : ", ";
            text += fmt::format("{} {} -> {}", part.name, part_words(part, left), part_words(part, right));
        }
    }
    const std::uint64_t rest = (left ^ right) & ~covered;
    if (!field.parts.empty() && rest != 0) {
        text += fmt::format("{}reserved {}", text.empty() ? "" : ", ", bit_ranges(rest));
    }
    return text;
}

} // namespace nadir::tool
