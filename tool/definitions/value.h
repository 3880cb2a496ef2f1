// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A register's value as people paste it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nadir::tool {

enum class Radix : std::uint8_t { binary, decimal, hexadecimal };
std::string_view name_of(Radix radix);

enum class Reading : std::uint8_t { automatic, decimal, hexadecimal };

struct Value {
    std::uint64_t number = 0;
    Radix radix = Radix::hexadecimal;
    bool guessed = false; // nothing in the text said so, and it matters
    std::string text;     // what was written
};

// 0x80050033, 80050033h, 0x8005_0033, ffff8880'01234567, EDX:EAX as 0x1:0x2, eax=0x1b; with a C suffix or trailing comma.
// Digits only: hexadecimal where a zero leads or there are 8 or 16 of them, as in dumps; otherwise decimal.
// Throws Failure for anything else, and for more than 64 bits.
Value parse_value(std::string_view text, Reading reading = Reading::automatic);

// Does it look like a number at all? (What isn't one may be a name.)
bool looks_like_number(std::string_view text);

} // namespace nadir::tool
