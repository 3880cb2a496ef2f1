// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A short text as two arguments of a log record: {t} in control/messages.h.
#pragma once

#include <cstdint>
#include <string_view>

namespace nadir::core {

struct PackedText {
    uint64_t word[2];
};

// Its first 16 letters.
constexpr PackedText packed(std::string_view text) {
    PackedText result{};
    for (unsigned i = 0; i < sizeof(result.word) && i < text.size(); ++i) {
        result.word[i / 8] |= uint64_t{static_cast<uint8_t>(text[i])} << (i % 8 * 8);
    }
    return result;
}

} // namespace nadir::core
