// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Numbers for people.
#pragma once

#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// "712 KiB", "3.5 MiB"
inline std::string bytes(std::uint64_t number) {
    constexpr std::uint64_t kib = 1024;
    constexpr std::uint64_t mib = 1024 * kib;
    if (number < kib) {
        return fmt::format("{} bytes", number);
    }
    if (number < 2 * mib) {
        return fmt::format("{} KiB", (number + kib - 1) / kib);
    }
    return fmt::format("{:.1f} MiB", static_cast<double>(number) / static_cast<double>(mib));
}

// "1 processor", "2 processors"
inline std::string counted(std::uint64_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

// 1234567 -> "1,234,567"
inline std::string grouped(std::uint64_t number) {
    const std::string digits = std::to_string(number);
    std::string text;
    for (std::size_t i = 0; i < digits.size(); ++i) {
        if (i != 0 && (digits.size() - i) % 3 == 0) {
            text += ',';
        }
        text += digits[i];
    }
    return text;
}

// {0, 1, 2, 5} -> "0-2, 5"
inline std::string ranges(const std::vector<unsigned>& numbers) {
    std::string text;
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        std::size_t last = i;
        while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1) {
            ++last;
        }
        text += text.empty() ? "" : ", ";
        text += last == i ? fmt::format("{}", numbers[i]) : fmt::format("{}-{}", numbers[i], numbers[last]);
        i = last;
    }
    return text;
}

} // namespace nadir::tool
