// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// How VMREAD and VMWRITE name a field. [SDM3 "VMREAD, VMWRITE, and Encodings of VMCS Fields"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

enum class FieldWidth : std::uint8_t { bits16 = 0, bits64 = 1, bits32 = 2, natural = 3 };
enum class FieldGroup : std::uint8_t { control = 0, read_only = 1, guest = 2, host = 3 };

constexpr std::string_view name_of(FieldWidth width) {
    switch (width) {
    case FieldWidth::bits16: return "16-bit";
    case FieldWidth::bits64: return "64-bit";
    case FieldWidth::bits32: return "32-bit";
    case FieldWidth::natural: return "natural-width";
    }
    return {};
}

constexpr std::string_view name_of(FieldGroup group) {
    switch (group) {
    case FieldGroup::control: return "control";
    case FieldGroup::read_only: return "read-only data";
    case FieldGroup::guest: return "guest state";
    case FieldGroup::host: return "host state";
    }
    return {};
}

struct FieldEncoding : Register<FieldEncoding, std::uint32_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(high, 0, "the upper 32 bits of a 64-bit field")
    NADIR_FIELD(std::uint16_t, index, 9, 1, "index")
    NADIR_FIELD(FieldGroup, group, 11, 10, "group")
    NADIR_FIELD(FieldWidth, width, 14, 13, "width")
};

template <FieldWidth width>
struct RawOf;
template <>
struct RawOf<FieldWidth::bits16> {
    using type = std::uint16_t;
};
template <>
struct RawOf<FieldWidth::bits32> {
    using type = std::uint32_t;
};
template <>
struct RawOf<FieldWidth::bits64> {
    using type = std::uint64_t;
};
template <>
struct RawOf<FieldWidth::natural> {
    using type = std::uint64_t;
};

// W: how wide the processor's field is; V: what it holds (a register type, an enum or an integer of that width).
template <FieldWidth W, typename V>
struct VmcsField {
    using value_type = V;
    using raw_type = typename RawOf<W>::type;
    static constexpr FieldWidth width = W;
    static_assert(sizeof(V) == sizeof(raw_type), "the value must be as wide as the field");

    std::uint32_t encoding;

    // Compile-time only: a wrong width or a high half is a compile error.
    consteval explicit VmcsField(std::uint32_t number) : encoding(number) {
        if (FieldEncoding{number}.width() != W || FieldEncoding{number}.high() || !FieldEncoding{number}.valid()) {
            detail::field_value_does_not_fit();
        }
    }

    [[nodiscard]] constexpr FieldGroup group() const { return FieldEncoding{encoding}.group(); }

    [[nodiscard]] static constexpr raw_type to_raw(V value) {
        if constexpr (requires { value.value; }) {
            return value.value;
        } else {
            return static_cast<raw_type>(value);
        }
    }
    [[nodiscard]] static constexpr V from_raw(raw_type raw) { return static_cast<V>(raw); }
};

} // namespace nadir::arch
