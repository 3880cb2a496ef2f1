// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// A formatter for places without a C library: it writes into the caller's characters, always leaves them
// NUL-terminated, and cuts what does not fit. Constexpr, allocates nothing, keeps no state of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nadir::base {

class Writer {
public:
    // An empty `out` is allowed: then everything is cut.
    constexpr explicit Writer(std::span<char> out) : out_(out) {
        if (!out_.empty()) {
            out_[0] = '\0';
        }
    }

    constexpr Writer& character(char c) {
        if (length_ + 1 < out_.size()) {
            out_[length_] = c;
            ++length_;
            out_[length_] = '\0';
        } else {
            truncated_ = true;
        }
        return *this;
    }

    constexpr Writer& text(std::string_view words) {
        for (const char c : words) {
            character(c);
        }
        return *this;
    }

    constexpr Writer& decimal(std::uint64_t number) {
        char digits[20]{};
        std::size_t count = 0;
        do {
            digits[count] = static_cast<char>('0' + number % 10);
            ++count;
            number /= 10;
        } while (number != 0);
        return reversed(digits, count);
    }

    // "0x" and the digits, at least `width` of them.
    constexpr Writer& hex(std::uint64_t number, unsigned width = 1) {
        text("0x");
        return hex_digits(number, width);
    }

    constexpr Writer& hex_digits(std::uint64_t number, unsigned width = 1) {
        char digits[16]{};
        std::size_t count = 0;
        do {
            digits[count] = "0123456789abcdef"[number & 0xF];
            ++count;
            number >>= 4;
        } while (number != 0);
        for (std::size_t missing = count; missing < width && missing < 16; ++missing) {
            character('0');
        }
        return reversed(digits, count);
    }

    [[nodiscard]] constexpr std::size_t length() const { return length_; }
    [[nodiscard]] constexpr bool truncated() const { return truncated_; }
    [[nodiscard]] constexpr std::string_view view() const { return {out_.data(), length_}; }

private:
    constexpr Writer& reversed(const char* digits, std::size_t count) {
        while (count != 0) {
            --count;
            character(digits[count]);
        }
        return *this;
    }

    std::span<char> out_;
    std::size_t length_ = 0;
    bool truncated_ = false;
};

// {d} is the next argument in decimal, {x} in hexadecimal with 0x; {{ and }} are braces. A placeholder without an
// argument prints as {?}, and so does an unknown one: a wrong log line must not become a crash in root mode.
constexpr void format(Writer& writer, std::string_view pattern, std::span<const std::uint64_t> arguments) {
    std::size_t next = 0;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        const char c = pattern[i];
        const char following = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
        if (c == '}') {
            writer.character('}');
            i += following == '}' ? 1 : 0;
        } else if (c != '{') {
            writer.character(c);
        } else if (following == '{') {
            writer.character('{');
            ++i;
        } else {
            const std::size_t start = i + 1;
            while (i < pattern.size() && pattern[i] != '}') {
                ++i;
            }
            const bool one_letter = i == start + 1 && i < pattern.size();
            if (one_letter && following == 'd' && next < arguments.size()) {
                writer.decimal(arguments[next]);
            } else if (one_letter && following == 'x' && next < arguments.size()) {
                writer.hex(arguments[next]);
            } else {
                writer.text("{?}");
            }
            ++next;
        }
    }
}

// Returns the number of characters written, without the NUL.
constexpr std::size_t format(std::span<char> out, std::string_view pattern, std::span<const std::uint64_t> arguments) {
    Writer writer(out);
    format(writer, pattern, arguments);
    return writer.length();
}

} // namespace nadir::base
