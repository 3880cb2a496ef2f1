// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Which I/O instructions cause VM exits. [SDM3 "I/O-Bitmap Addresses"]
#pragma once

#include <cstdint>

namespace nadir::arch {

// Bitmap A (ports 0 to 7FFFH) and bitmap B (8000H to FFFFH), one page each; the VMCS takes both addresses.
class IoBitmaps {
public:
    constexpr void set(std::uint16_t port, bool exits) {
        std::uint8_t& byte = bytes[port >> 3];
        const auto bit = static_cast<std::uint8_t>(1u << (port & 7));
        byte = static_cast<std::uint8_t>(exits ? byte | bit : byte & ~bit);
    }
    // An access exits when any of its ports does, or when it wraps around past port FFFFH.
    [[nodiscard]] constexpr bool exits(std::uint16_t port, unsigned size) const {
        for (unsigned i = 0; i < size; ++i) {
            const unsigned each = port + i;
            if (each > 0xFFFF || (bytes[each >> 3] & (1u << (each & 7))) != 0) {
                return true;
            }
        }
        return false;
    }

    alignas(4096) std::uint8_t bytes[8192] = {};
    static constexpr std::uint32_t offset_a = 0;
    static constexpr std::uint32_t offset_b = 4096;
};
static_assert(sizeof(IoBitmaps) == 8192);

} // namespace nadir::arch
