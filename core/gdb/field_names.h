// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Names of VMCS fields, compared as people write them.
#pragma once

#include <cstdint>
#include <string_view>

#include "arch/vmx/field_encodings.h"
#include "arch/vmx/field_names.h"

namespace nadir::core::gdb {

inline constexpr uint32_t field_count = sizeof(arch::vmcs_encodings) / sizeof(arch::vmcs_encodings[0]);

struct NamedField {
    std::string_view name;
    uint32_t encoding;
};

// All fields, one behind the other.
class FieldWalk {
public:
    [[nodiscard]] constexpr bool at_end() const { return index_ == field_count; }
    [[nodiscard]] constexpr uint32_t index() const { return index_; }
    [[nodiscard]] constexpr NamedField field() const { return {{name_, length_}, arch::vmcs_encodings[index_]}; }

    constexpr void next() {
        name_ += length_ + 1;
        ++index_;
        length_ = length_at(name_);
    }

private:
    // std::string_view's own would call the C library.
    static constexpr std::size_t length_at(const char* name) {
        std::size_t length = 0;
        while (name[length] != '\0') {
            ++length;
        }
        return length;
    }

    const char* name_ = arch::vmcs_names;
    std::size_t length_ = length_at(arch::vmcs_names);
    uint32_t index_ = 0;
};

constexpr char uniform(char c) {
    if (c >= 'A' && c <= 'Z') {
        return static_cast<char>(c - 'A' + 'a');
    }
    return c == ' ' || c == '-' ? '_' : c;
}

constexpr bool begins_like(std::string_view text, std::string_view word) {
    if (text.size() < word.size()) {
        return false;
    }
    for (std::size_t i = 0; i < word.size(); ++i) {
        if (uniform(text[i]) != uniform(word[i])) {
            return false;
        }
    }
    return true;
}

constexpr bool is_same(std::string_view text, std::string_view word) {
    return text.size() == word.size() && begins_like(text, word);
}

constexpr bool contains_like(std::string_view text, std::string_view word) {
    for (; !text.empty(); text.remove_prefix(1)) {
        if (begins_like(text, word)) {
            return true;
        }
    }
    return false;
}

inline constexpr std::size_t longest_field_name = [] {
    std::size_t longest = 0;
    for (FieldWalk walk; !walk.at_end(); walk.next()) {
        longest = walk.field().name.size() > longest ? walk.field().name.size() : longest;
    }
    return longest;
}();

// How many characters have to come, go or change.
constexpr uint32_t distance(std::string_view from, std::string_view to) {
    if (from.size() > longest_field_name || to.size() > longest_field_name) {
        return ~uint32_t{0};
    }
    uint8_t row[longest_field_name + 1]{};
    for (std::size_t i = 0; i <= to.size(); ++i) {
        row[i] = static_cast<uint8_t>(i);
    }
    for (std::size_t i = 0; i < from.size(); ++i) {
        uint8_t above_left = row[0];
        row[0] = static_cast<uint8_t>(i + 1);
        for (std::size_t k = 0; k < to.size(); ++k) {
            const uint8_t above = row[k + 1];
            const uint8_t changed = static_cast<uint8_t>(above_left + (uniform(from[i]) == uniform(to[k]) ? 0 : 1));
            const uint8_t less = above < row[k] ? above : row[k];
            row[k + 1] = changed <= less ? changed : static_cast<uint8_t>(less + 1);
            above_left = above;
        }
    }
    return row[to.size()];
}

} // namespace nadir::core::gdb
