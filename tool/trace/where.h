// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `--where FILTER`: which events are wanted. docs/trace.md has the language.
#pragma once

#include "tool/trace/seen_event.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace nadir::tool {

// What a filter can speak of.
struct WhereScope {
    nadir_u32 kinds = 0;    // bits of the events that were asked for
    bool registers = false; // they come with each event
};

class Where {
public:
    // Throws Failure that points at the place.
    Where(std::string_view text, const WhereScope& scope);

    [[nodiscard]] bool matches(const SeenEvent& event) const;

private:
    friend class WhereParser;

    enum class What : std::uint8_t { number, text, field, bit_and, compare, both, either, negation };
    enum class Comparison : std::uint8_t { equal, unequal, less, less_or_equal, greater, greater_or_equal };
    // Nothing: an event of this kind has no such field.
    using Value = std::variant<std::monostate, std::uint64_t, std::string>;

    struct Node {
        What what = What::number;
        std::string name; // of a field; a text
        std::uint64_t number = 0;
        Comparison comparison = Comparison::equal;
        std::size_t left = 0;
        std::size_t right = 0;
    };

    [[nodiscard]] Value value(std::size_t number, const SeenEvent& event) const;
    [[nodiscard]] bool is_true(std::size_t number, const SeenEvent& event) const;
    [[nodiscard]] bool compare(const Node& node, const SeenEvent& event) const;

    std::vector<Node> nodes_;
    std::size_t root_ = 0;
};

} // namespace nadir::tool
