// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/log_lines.h"

#include <algorithm>

namespace nadir::tool {

namespace {

constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

constexpr int hex_digit(char c) {
    return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "[  123.456]", "[T78789]", "[   C3]", "[2019-07-24 19:02:11]": a time, a task, a processor.
std::size_t bracket_length(std::string_view text) {
    if (!text.starts_with('[')) {
        return 0;
    }
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) {
        return 0;
    }
    const std::string_view inside = trimmed(text.substr(1, end - 1));
    const bool numbers = std::all_of(inside.begin(), inside.end(), [](char c) {
        return is_digit(c) || is_space(c) || c == '.' || c == ':' || c == '-' || c == 'T' || c == 'C' || c == 'Z';
    });
    return numbers && !inside.empty() ? end + 1 : 0;
}

// "<3>", as in /dev/kmsg.
std::size_t level_length(std::string_view text) {
    std::size_t at = 1;
    while (at < text.size() && is_digit(text[at])) {
        ++at;
    }
    return text.starts_with('<') && at > 1 && at < text.size() && text[at] == '>' ? at + 1 : 0;
}

std::size_t word_length(std::string_view text) {
    for (const std::string_view word : {"kvm_intel:", "kvm:", "(XEN)", "kern  :err   :", "kern  :err    :"}) {
        if (text.starts_with(word)) {
            return word.size();
        }
    }
    return 0;
}

// "Jun 24 17:25:51 testhost kernel:"; the journal's other programs are left alone, so that their lines are none of ours.
std::size_t journal_length(std::string_view text) {
    constexpr std::string_view kernel = " kernel:";
    const std::size_t at = text.find(kernel);
    constexpr std::size_t longest = 120;
    return at < longest ? at + kernel.size() : 0;
}

} // namespace

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_space(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

std::string_view without_log_prefix(std::string_view line) {
    std::string_view rest = trimmed(line);
    for (;;) {
        std::size_t length = rest.starts_with('>') ? 1 : 0;
        for (const auto find : {&level_length, &bracket_length, &word_length, &journal_length}) {
            length = length != 0 ? length : find(rest);
        }
        if (length == 0) {
            return rest;
        }
        rest = trimmed(rest.substr(length));
    }
}

std::vector<LogLine> log_lines(std::string_view text) {
    std::vector<LogLine> lines;
    unsigned number = 0;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        const std::string_view whole = trimmed(text.substr(0, end));
        lines.push_back({++number, whole, without_log_prefix(whole)});
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return lines;
}

std::string printable(std::string_view text) {
    constexpr std::size_t most = 100;
    std::string shown;
    for (const char c : text.substr(0, most)) {
        const auto code = static_cast<unsigned char>(c);
        shown += code < 0x20 || code == 0x7F ? '?' : c;
    }
    return text.size() > most ? shown + "..." : shown;
}

std::optional<HexNumber> leading_hex(std::string_view text) {
    HexNumber number;
    if (text.starts_with("0x") || text.starts_with("0X")) {
        number.length = 2;
    }
    unsigned digits = 0;
    for (; number.length < text.size(); ++number.length) {
        const char c = text[number.length];
        const int digit = hex_digit(c);
        if (digit >= 0) {
            if (number.value >> 60 != 0) {
                return std::nullopt;
            }
            number.value = number.value << 4 | static_cast<unsigned>(digit);
            ++digits;
        } else if (digits == 0 || (c != '`' && c != '\'')) {
            break;
        }
    }
    const bool runs_on =
        number.length < text.size() && (is_letter(text[number.length]) || is_digit(text[number.length]));
    // "1FH", as the manual writes.
    if (runs_on && digits != 0 && (text[number.length] == 'h' || text[number.length] == 'H') &&
        (number.length + 1 == text.size() || !is_letter(text[number.length + 1]))) {
        ++number.length;
        return number;
    }
    return digits == 0 || runs_on ? std::nullopt : std::optional(number);
}

std::optional<std::uint64_t> whole_hex(std::string_view text) {
    const std::optional<HexNumber> number = leading_hex(text);
    return number && number->length == text.size() ? std::optional(number->value) : std::nullopt;
}

} // namespace nadir::tool
