// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A filter applied to an event.
#include "tool/trace/where.h"

#include "tool/trace/event_fields.h"
#include "tool/trace/where_fields.h"

namespace nadir::tool {

Where::Value Where::value(std::size_t number, const SeenEvent& event) const {
    const Node& node = nodes_[number];
    switch (node.what) {
    case What::number: return node.number;
    case What::text: return node.name;
    case What::field:
        if (is_text_field(node.name)) {
            if (auto text = text_field(event, node.name)) {
                return *std::move(text);
            }
        } else if (const auto found = number_field(event, node.name)) {
            return *found;
        }
        return {};
    case What::bit_and: {
        const Value left = value(node.left, event);
        const Value right = value(node.right, event);
        const auto* one = std::get_if<std::uint64_t>(&left);
        const auto* other = std::get_if<std::uint64_t>(&right);
        return one != nullptr && other != nullptr ? Value{*one & *other} : Value{};
    }
    default: return std::uint64_t{is_true(number, event)};
    }
}

bool Where::compare(const Node& node, const SeenEvent& event) const {
    const Value left = value(node.left, event);
    const Value right = value(node.right, event);
    if (left.index() == 0 || right.index() == 0) {
        return false;
    }
    switch (node.comparison) {
    case Comparison::equal: return left == right;
    case Comparison::unequal: return left != right;
    case Comparison::less: return left < right;
    case Comparison::less_or_equal: return left <= right;
    case Comparison::greater: return left > right;
    case Comparison::greater_or_equal: return left >= right;
    }
    return false;
}

bool Where::is_true(std::size_t number, const SeenEvent& event) const {
    const Node& node = nodes_[number];
    switch (node.what) {
    case What::compare: return compare(node, event);
    case What::both: return is_true(node.left, event) && is_true(node.right, event);
    case What::either: return is_true(node.left, event) || is_true(node.right, event);
    case What::negation: return !is_true(node.left, event);
    default: {
        const Value found = value(number, event);
        const auto* const bits = std::get_if<std::uint64_t>(&found);
        return bits != nullptr && *bits != 0;
    }
    }
}

bool Where::matches(const SeenEvent& event) const { return is_true(root_, event); }

} // namespace nadir::tool
