// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/field_words.h"

#include "arch/print.h"

#include <bit>
#include <fmt/format.h>
#include <vector>

namespace nadir::tool {

namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view last) {
    std::string text;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        text += i == 0 ? "" : i + 1 == parts.size() ? last : ", ";
        text += parts[i];
    }
    return text;
}

} // namespace

std::string value_words(const arch::VmcsFieldInfo& field, std::uint64_t value) {
    if (field.value_name != nullptr) {
        return std::string(field.value_name(value));
    }
    if (field.parts.empty()) {
        return {};
    }
    char text[1024];
    base::Writer writer(text);
    // Bits that are always 1 say nothing.
    arch::print_fields(writer, field.parts, value & ~field.reserved_ones);
    return {text, writer.length()};
}

std::string value_and_words(const arch::VmcsFieldInfo& field, std::uint64_t value) {
    const std::string words = value_words(field, value);
    return words.empty() ? fmt::format("{:#x}", value) : fmt::format("{:#x} ({})", value, words);
}

std::string bit_ranges(std::uint64_t bits) {
    std::vector<std::string> ranges;
    unsigned count = 0;
    for (unsigned high = 64; high-- > 0;) {
        if ((bits >> high & 1) == 0) {
            continue;
        }
        unsigned low = high;
        while (low > 0 && (bits >> (low - 1) & 1) != 0) {
            --low;
        }
        ranges.push_back(low == high ? fmt::format("{}", high) : fmt::format("{}:{}", high, low));
        count += high - low + 1;
        high = low;
    }
    return fmt::format("{} {}", count == 1 ? "bit" : "bits", joined(ranges, " and "));
}

std::string parts_of_bits(const arch::VmcsFieldInfo& field, std::uint64_t bits) {
    std::vector<std::string> parts;
    std::uint64_t covered = 0;
    for (const arch::Field& part : field.parts) {
        covered |= part.mask();
        if ((part.mask() & bits) != 0) {
            parts.push_back(fmt::format("{} ({}: {})", part.name, bit_ranges(part.mask() & bits), part.description));
        }
    }
    if ((bits & ~covered) != 0) {
        parts.push_back(field.parts.empty() ? bit_ranges(bits)
                                            : fmt::format("reserved ({})", bit_ranges(bits & ~covered)));
    }
    return joined(parts, ", ");
}

} // namespace nadir::tool
