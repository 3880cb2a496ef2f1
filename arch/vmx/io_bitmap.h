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
    // From the first to the last one; what is beyond FFFFH is no port.
    constexpr void set_range(std::uint32_t first, std::uint32_t last, bool exits) {
        constexpr std::uint32_t ports = 8 * 8192;
        for (std::uint32_t port = first; port <= last && port < ports;) {
            if (port % 8 == 0 && last - port >= 7) {
                bytes[port / 8] = exits ? 0xFF : 0;
                port += 8;
            } else {
                set(static_cast<std::uint16_t>(port), exits);
                ++port;
            }
        }
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
