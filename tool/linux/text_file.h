// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Small files of /proc and /sys.
#pragma once

#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

inline std::optional<std::string> read_text(const std::string& path) {
    std::ifstream stream(path);
    if (!stream) {
        return std::nullopt;
    }
    return std::string{std::istreambuf_iterator<char>(stream), {}};
}

// "0-3,8" -> {0, 1, 2, 3, 8}; whatever isn't that ends it.
inline std::vector<unsigned> parse_ranges(const std::string& text) {
    std::vector<unsigned> numbers;
    const char* at = text.c_str();
    while (*at >= '0' && *at <= '9') {
        char* end = nullptr;
        const unsigned long first = std::strtoul(at, &end, 10);
        unsigned long last = first;
        if (*end == '-') {
            last = std::strtoul(end + 1, &end, 10);
        }
        for (unsigned long number = first; number <= last && number < 8192; ++number) {
            numbers.push_back(static_cast<unsigned>(number));
        }
        at = *end == ',' ? end + 1 : end;
    }
    return numbers;
}

} // namespace nadir::tool
