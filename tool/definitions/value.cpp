// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/value.h"

#include "tool/exit_status.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace nadir::tool {

namespace {

bool is_decimal(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_hexadecimal(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

bool drop_front(std::string_view& text, std::string_view front) {
    const bool there = text.starts_with(front);
    text.remove_prefix(there ? front.size() : 0);
    return there;
}

// The letters of a C suffix: none of them is a digit.
void drop_suffix(std::string_view& text) {
    while (!text.empty() && std::string_view("uUlLzZ").find(text.back()) != std::string_view::npos) {
        text.remove_suffix(1);
    }
}

struct Digits {
    std::string_view digits;
    Radix radix = Radix::decimal;
    bool guessed = false;
};

// Digits only: as a dump would mean them, else as a person would.
Digits guess(std::string_view digits) {
    const bool like_a_dump = (digits.front() == '0' && digits.size() > 1) || digits.size() == 8 || digits.size() == 16;
    const std::size_t first = digits.find_first_not_of('0');
    const bool matters = first != std::string_view::npos && first + 1 < digits.size();
    return {digits, like_a_dump ? Radix::hexadecimal : Radix::decimal, matters};
}

std::optional<Digits> split(std::string_view text, Reading reading) {
    if (drop_front(text, "0x") || drop_front(text, "0X") || drop_front(text, "$")) {
        drop_suffix(text);
        return is_hexadecimal(text) ? std::optional<Digits>({text, Radix::hexadecimal}) : std::nullopt;
    }
    if (!text.empty() && (text.back() == 'h' || text.back() == 'H') &&
        is_hexadecimal(text.substr(0, text.size() - 1))) {
        text.remove_suffix(1);
        return Digits{text, Radix::hexadecimal};
    }
    drop_suffix(text);
    if (!is_hexadecimal(text)) {
        return std::nullopt;
    }
    if (reading != Reading::automatic) {
        const bool decimal = reading == Reading::decimal;
        return decimal && !is_decimal(text)
                   ? std::nullopt
                   : std::optional<Digits>({text, decimal ? Radix::decimal : Radix::hexadecimal});
    }
    const std::string_view after = text.substr(std::min<std::size_t>(text.size(), 2));
    if (text.starts_with("0b") && !after.empty() && after.find_first_not_of("01") == std::string_view::npos) {
        return Digits{after, Radix::binary, true};
    }
    return is_decimal(text) ? guess(text) : Digits{text, Radix::hexadecimal};
}

int base_of(Radix radix) { return radix == Radix::binary ? 2 : (radix == Radix::decimal ? 10 : 16); }

Value number_of(const Digits& digits, std::string_view written) {
    std::uint64_t number = 0;
    const char* end = digits.digits.data() + digits.digits.size();
    if (std::from_chars(digits.digits.data(), end, number, base_of(digits.radix)).ec != std::errc{}) {
        throw Failure(ExitStatus::usage, fmt::format("{} is wider than 64 bits", written));
    }
    return {number, digits.radix, digits.guessed, std::string(written)};
}

// What people put between digits, and around them.
std::string cleaned(std::string_view text) {
    std::string clean(text);
    std::erase_if(clean, [](char c) { return std::string_view("_'` \t\r\n").find(c) != std::string_view::npos; });
    while (!clean.empty() && std::string_view(",;.)]").find(clean.back()) != std::string_view::npos) {
        clean.pop_back();
    }
    clean.erase(0, clean.find_last_of('=') + 1); // "eax=0x1b"
    clean.erase(0, clean.find_first_not_of("(["));
    return clean;
}

Value parse_halves(std::string_view high, std::string_view low, std::string_view written) {
    const std::optional<Digits> upper = split(high, Reading::hexadecimal);
    const std::optional<Digits> lower = split(low, Reading::hexadecimal);
    if (!upper || !lower) {
        throw Failure(ExitStatus::usage, fmt::format("\"{}\" is not a value", written),
                      "Two halves are written EDX:EAX, in hexadecimal, for example 0x1:0xfee00d00.");
    }
    const std::uint64_t numbers[] = {number_of(*upper, written).number, number_of(*lower, written).number};
    if ((numbers[0] | numbers[1]) >> 32 != 0) {
        throw Failure(ExitStatus::usage, fmt::format("{}: each half, EDX and EAX, has 32 bits", written));
    }
    return {numbers[0] << 32 | numbers[1], Radix::hexadecimal, false, std::string(written)};
}

} // namespace

std::string_view name_of(Radix radix) {
    constexpr std::string_view names[] = {"binary", "decimal", "hexadecimal"};
    return names[static_cast<unsigned>(radix)];
}

Value parse_value(std::string_view text, Reading reading) {
    const std::string clean = cleaned(text);
    if (const std::size_t colon = clean.find(':'); colon != std::string::npos) {
        return parse_halves(std::string_view(clean).substr(0, colon), std::string_view(clean).substr(colon + 1), text);
    }
    if (const std::optional<Digits> digits = split(clean, reading)) {
        return number_of(*digits, text);
    }
    throw Failure(ExitStatus::usage, fmt::format("\"{}\" is not a value", text),
                  reading == Reading::decimal ? "With --dec a value has decimal digits only."
                                              : "A value is a number such as 0x80050033, 80050033h, or 33.");
}

bool looks_like_number(std::string_view text) {
    const std::string clean = cleaned(text);
    return split(clean, Reading::automatic).has_value() && clean.find_first_of("0123456789") != std::string::npos;
}

} // namespace nadir::tool
