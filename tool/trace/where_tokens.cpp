// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/where_tokens.h"

#include "tool/exit_status.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr std::size_t longest_filter = 4096;

bool is_digit(char letter) { return letter >= '0' && letter <= '9'; }
bool begins_word(char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || letter == '_';
}
bool continues_word(char letter) {
    return begins_word(letter) || is_digit(letter) || letter == '.' || letter == '-' || letter == ':';
}

Token number_token(std::string_view filter, std::size_t at, std::size_t length) {
    Token token{TokenKind::number, std::string(filter.substr(at, length)), 0, at, length};
    const bool hexadecimal = token.text.starts_with("0x") || token.text.starts_with("0X");
    const char* const first = token.text.data() + (hexadecimal ? 2 : 0);
    const char* const last = token.text.data() + token.text.size();
    const auto [end, error] = std::from_chars(first, last, token.number, hexadecimal ? 16 : 10);
    if (error == std::errc::result_out_of_range) {
        fail_at(filter, at, length, "this number has more than 64 bits");
    }
    if (error != std::errc() || end != last) {
        fail_at(filter, at, length, "this is no number", "Numbers are decimal, or hexadecimal with 0x.");
    }
    return token;
}

Token text_token(std::string_view filter, std::size_t at) {
    const std::size_t end = filter.find(filter[at], at + 1);
    if (end == std::string_view::npos) {
        fail_at(filter, at, 1, "this quote is never closed");
    }
    return {TokenKind::text, std::string(filter.substr(at + 1, end - at - 1)), 0, at, end + 1 - at};
}

Token sign_token(std::string_view filter, std::size_t at) {
    for (const std::string_view sign : {"==", "!=", "<=", ">=", "&&", "||", "<", ">", "&", "!", "(", ")"}) {
        if (filter.substr(at).starts_with(sign)) {
            return {TokenKind::sign, std::string(sign), 0, at, sign.size()};
        }
    }
    fail_at(filter, at, 1, "this sign means nothing here",
            filter[at] == '='   ? "Two of them compare: ==."
            : filter[at] == '|' ? "`or` and || say \"or\"."
                                : "");
}

} // namespace

void fail_at(std::string_view filter, std::size_t at, std::size_t length, const std::string& what,
             const std::string& advice) {
    // One column per byte, whatever it is.
    std::string shown(filter);
    std::ranges::replace_if(
        shown, [](char letter) { return letter < ' ' || letter > '~'; }, '?');
    throw Failure(ExitStatus::usage,
                  fmt::format("--where: {}:\n  {}\n  {}{}", what, shown, std::string(at, ' '),
                              std::string(std::max<std::size_t>(length, 1), '^')),
                  advice);
}

std::vector<Token> tokens_of(std::string_view filter) {
    if (filter.size() > longest_filter) {
        throw Failure(ExitStatus::usage, fmt::format("--where: a filter has at most {} letters.", longest_filter));
    }
    std::vector<Token> tokens;
    std::size_t at = 0;
    while (at < filter.size()) {
        const char letter = filter[at];
        if (letter == ' ' || letter == '\t' || letter == '\n' || letter == '\r') {
            ++at;
            continue;
        }
        if (is_digit(letter) || begins_word(letter)) {
            std::size_t end = at;
            while (end < filter.size() && continues_word(filter[end])) {
                ++end;
            }
            tokens.push_back(is_digit(letter)
                                 ? number_token(filter, at, end - at)
                                 : Token{TokenKind::word, std::string(filter.substr(at, end - at)), 0, at, end - at});
        } else {
            tokens.push_back(letter == '"' || letter == '\'' ? text_token(filter, at) : sign_token(filter, at));
        }
        at += tokens.back().length;
    }
    tokens.push_back({TokenKind::end, "", 0, filter.size(), 0});
    return tokens;
}

} // namespace nadir::tool
