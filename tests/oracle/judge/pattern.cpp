// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/pattern.h"

namespace nadir::oracle {

namespace {

constexpr std::string_view segment_word = "<segment>";
constexpr std::string_view segments[] = {"ES", "CS", "SS", "DS", "FS", "GS"};

} // namespace

bool matches(std::string_view pattern, std::string_view text, std::string& segment) {
    while (!pattern.empty()) {
        if (pattern.front() == '*') {
            for (std::size_t skip = 0; skip <= text.size(); ++skip) {
                if (matches(pattern.substr(1), text.substr(skip), segment)) {
                    return true;
                }
            }
            return false;
        }
        if (pattern.starts_with(segment_word)) {
            for (const std::string_view name : segments) {
                if (text.starts_with(name) &&
                    matches(pattern.substr(segment_word.size()), text.substr(name.size()), segment)) {
                    segment = {static_cast<char>(name[0] | 0x20), static_cast<char>(name[1] | 0x20)};
                    return true;
                }
            }
            return false;
        }
        if (text.empty() || text.front() != pattern.front()) {
            return false;
        }
        pattern.remove_prefix(1);
        text.remove_prefix(1);
    }
    return text.empty();
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && text.front() == ' ') {
        text.remove_prefix(1);
    }
    while (!text.empty() && text.back() == ' ') {
        text.remove_suffix(1);
    }
    return text;
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view part = trimmed(text.substr(0, comma));
        if (!part.empty()) {
            parts.emplace_back(part);
        }
        text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
    }
    return parts;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
        text.replace(at, what.size(), by);
    }
    return text;
}

} // namespace nadir::oracle
