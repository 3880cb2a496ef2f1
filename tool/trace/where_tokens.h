// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A filter's text taken apart, and how its errors look.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

enum class TokenKind : std::uint8_t { number, word, text, sign, end };

struct Token {
    TokenKind kind = TokenKind::end;
    std::string text; // of a text, what is between the quotes
    std::uint64_t number = 0;
    std::size_t at = 0;
    std::size_t length = 0;
};

// Ends in a token of kind `end`. Words are names, "and", "or", "not". Throws Failure.
std::vector<Token> tokens_of(std::string_view filter);

// Throws Failure whose words show the place.
[[noreturn]] void fail_at(std::string_view filter, std::size_t at, std::size_t length, const std::string& what,
                          const std::string& advice = {});

} // namespace nadir::tool
