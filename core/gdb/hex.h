// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Numbers as GDB's protocol writes them: hexadecimal without a prefix; registers and memory as the bytes in the order of memory.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/format.h"

namespace nadir::core::gdb {

// 0 to 15; more: it is no digit.
constexpr uint32_t digit_value(char c) {
    if (c >= '0' && c <= '9') {
        return static_cast<uint32_t>(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return static_cast<uint32_t>(c - 'a') + 10;
    }
    if (c >= 'A' && c <= 'F') {
        return static_cast<uint32_t>(c - 'A') + 10;
    }
    return 16;
}

// What is left of a packet to be read. Each function takes away what it understood, and nothing where it answers none or false.
class Words {
public:
    constexpr explicit Words(std::string_view text) : text_(text) {}

    // One to sixteen digits.
    constexpr std::optional<uint64_t> number() {
        uint64_t value = 0;
        std::size_t digits = 0;
        while (digits < text_.size() && digit_value(text_[digits]) < 16) {
            value = value << 4 | digit_value(text_[digits]);
            ++digits;
        }
        if (digits == 0 || digits > 16) {
            return std::nullopt;
        }
        text_.remove_prefix(digits);
        return value;
    }

    // One to nine digits.
    constexpr std::optional<uint32_t> decimal() {
        uint32_t value = 0;
        std::size_t digits = 0;
        while (digits < text_.size() && digit_value(text_[digits]) < 10) {
            value = value * 10 + static_cast<uint32_t>(digit_value(text_[digits]));
            ++digits;
        }
        if (digits == 0 || digits > 9) {
            return std::nullopt;
        }
        text_.remove_prefix(digits);
        return value;
    }

    // Two digits.
    constexpr std::optional<uint8_t> byte() {
        if (text_.size() < 2 || digit_value(text_[0]) > 15 || digit_value(text_[1]) > 15) {
            return std::nullopt;
        }
        const auto value = static_cast<uint8_t>(digit_value(text_[0]) << 4 | digit_value(text_[1]));
        text_.remove_prefix(2);
        return value;
    }

    // So many bytes, the lowest first.
    constexpr std::optional<uint64_t> little_endian(uint32_t bytes) {
        Words copy = *this;
        uint64_t value = 0;
        for (uint32_t i = 0; i < bytes; ++i) {
            const std::optional<uint8_t> next = copy.byte();
            if (!next) {
                return std::nullopt;
            }
            value |= uint64_t{*next} << (8 * i);
        }
        *this = copy;
        return value;
    }

    constexpr bool skip(std::string_view expected) {
        if (!text_.starts_with(expected)) {
            return false;
        }
        text_.remove_prefix(expected.size());
        return true;
    }

    [[nodiscard]] constexpr bool at_end() const { return text_.empty(); }
    [[nodiscard]] constexpr std::string_view rest() const { return text_; }

private:
    std::string_view text_;
};

constexpr void put_byte(base::Writer& writer, uint8_t byte) { writer.hex_digits(byte, 2); }

constexpr void put_little_endian(base::Writer& writer, uint64_t value, uint32_t bytes) {
    for (uint32_t i = 0; i < bytes; ++i) {
        put_byte(writer, static_cast<uint8_t>(value >> (8 * i)));
    }
}

} // namespace nadir::core::gdb
