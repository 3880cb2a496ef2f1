// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Which RDMSR and WRMSR cause VM exits. [SDM3 "MSR-Bitmap Address"]
#pragma once

#include <span>

#include "arch/msr/index.h"

namespace nadir::arch {

// 4096 bytes as the processor reads them: reads of 0 to 1FFFH, reads of C0000000H to C0001FFFH, then the writes alike.
// A set bit causes a VM exit; so does every MSR outside both ranges, which no bitmap covers.
class MsrBitmap {
public:
    static constexpr std::uint32_t range_size = 0x2000;
    static constexpr std::uint32_t high_range = 0xC0000000;

    [[nodiscard]] static constexpr bool covers(std::uint32_t msr) {
        return msr < range_size || (msr >= high_range && msr - high_range < range_size);
    }
    [[nodiscard]] static constexpr bool covers(Msr msr) { return covers(static_cast<std::uint32_t>(msr)); }

    // No effect on an MSR that is not covered.
    constexpr void set_read(std::uint32_t msr, bool exits) { assign(msr, 0, exits); }
    constexpr void set_write(std::uint32_t msr, bool exits) { assign(msr, write_offset, exits); }
    constexpr void set_read(Msr msr, bool exits) { set_read(static_cast<std::uint32_t>(msr), exits); }
    constexpr void set_write(Msr msr, bool exits) { set_write(static_cast<std::uint32_t>(msr), exits); }

    // Writes of many in a row, whose first is a multiple of 8: bit n of `bits` stands for `first` + n. All in one range.
    constexpr void add_writes(std::uint32_t first, std::span<const std::uint8_t> bits) {
        std::uint8_t* place = bytes + byte_of(first, write_offset);
        for (const std::uint8_t eight : bits) {
            *place++ |= eight;
        }
    }

    [[nodiscard]] constexpr bool read_exits(std::uint32_t msr) const { return test(msr, 0); }
    [[nodiscard]] constexpr bool write_exits(std::uint32_t msr) const { return test(msr, write_offset); }
    [[nodiscard]] constexpr bool read_exits(Msr msr) const { return read_exits(static_cast<std::uint32_t>(msr)); }
    [[nodiscard]] constexpr bool write_exits(Msr msr) const { return write_exits(static_cast<std::uint32_t>(msr)); }

    // Every covered MSR at once.
    constexpr void set_all(bool exits) {
        for (std::uint8_t& byte : bytes) {
            byte = exits ? 0xFF : 0;
        }
    }

    alignas(4096) std::uint8_t bytes[4096] = {};

private:
    static constexpr std::uint32_t write_offset = 2048;

    static constexpr std::uint32_t byte_of(std::uint32_t msr, std::uint32_t offset) {
        return offset + (msr >= high_range ? 1024 : 0) + ((msr & (range_size - 1)) >> 3);
    }
    static constexpr std::uint8_t bit_of(std::uint32_t msr) { return static_cast<std::uint8_t>(1u << (msr & 7)); }

    constexpr void assign(std::uint32_t msr, std::uint32_t offset, bool exits) {
        if (!covers(msr)) {
            return;
        }
        std::uint8_t& byte = bytes[byte_of(msr, offset)];
        byte = static_cast<std::uint8_t>(exits ? byte | bit_of(msr) : byte & ~bit_of(msr));
    }
    [[nodiscard]] constexpr bool test(std::uint32_t msr, std::uint32_t offset) const {
        return !covers(msr) || (bytes[byte_of(msr, offset)] & bit_of(msr)) != 0;
    }
};
static_assert(sizeof(MsrBitmap) == 4096);

} // namespace nadir::arch
