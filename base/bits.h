// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Bit arithmetic that every layer needs. All of it is constexpr and defined for every input.
#pragma once

#include <concepts>
#include <cstdint>

namespace nadir::base {

template <std::unsigned_integral I>
inline constexpr unsigned width_of = static_cast<unsigned>(sizeof(I) * 8);

// mask<hi, lo>: bits hi to lo set, as the manual writes [hi:lo].
template <unsigned hi, unsigned lo, std::unsigned_integral I = std::uint64_t>
    requires(lo <= hi && hi < width_of<I>)
inline constexpr I mask = static_cast<I>((~std::uint64_t{0} >> (63 - (hi - lo))) << lo);

template <unsigned position, std::unsigned_integral I = std::uint64_t>
inline constexpr I bit = mask<position, position, I>;

// The lowest `count` bits; `count` may be anything.
[[nodiscard]] constexpr std::uint64_t low_mask(unsigned count) {
    return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

[[nodiscard]] constexpr bool test_bit(std::uint64_t value, unsigned position) {
    return position < 64 && ((value >> position) & 1) != 0;
}

template <unsigned hi, unsigned lo, std::unsigned_integral I>
[[nodiscard]] constexpr I extract(I value) {
    return static_cast<I>((value & mask<hi, lo, I>) >> lo);
}

[[nodiscard]] constexpr bool is_power_of_two(std::uint64_t value) { return value != 0 && (value & (value - 1)) == 0; }

// `alignment` is a power of two. align_up wraps to 0 where the result does not fit.
[[nodiscard]] constexpr std::uint64_t align_down(std::uint64_t value, std::uint64_t alignment) {
    return value & ~(alignment - 1);
}
[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t alignment) {
    return align_down(value + (alignment - 1), alignment);
}
[[nodiscard]] constexpr bool is_aligned(std::uint64_t value, std::uint64_t alignment) {
    return (value & (alignment - 1)) == 0;
}

[[nodiscard]] constexpr std::uint64_t divide_up(std::uint64_t value, std::uint64_t divisor) {
    return value / divisor + (value % divisor != 0 ? 1 : 0);
}

// Position of the highest bit that is set; `value` is not 0.
[[nodiscard]] constexpr unsigned log2_floor(std::uint64_t value) {
    unsigned result = 0;
    for (; value > 1; value >>= 1) {
        ++result;
    }
    return result;
}

// The value whose bits above `bits` - 1 repeat that bit.
[[nodiscard]] constexpr std::uint64_t sign_extend(std::uint64_t value, unsigned bits) {
    if (bits == 0 || bits >= 64) {
        return value;
    }
    const std::uint64_t sign = std::uint64_t{1} << (bits - 1);
    const std::uint64_t low = value & low_mask(bits);
    return (low ^ sign) - sign;
}

// Canonical: a linear address whose upper bits all equal its highest implemented bit. `bits`: how many linear address
// bits there are (48 with 4-level, 57 with 5-level paging). [SDM1 "Canonical Addressing"]
[[nodiscard]] constexpr bool is_canonical(std::uint64_t address, unsigned bits) {
    return sign_extend(address, bits) == address;
}

} // namespace nadir::base
