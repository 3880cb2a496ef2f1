// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// All VMCS fields as data: for dumps, printers and tests that walk them.
#pragma once

#include "arch/vmx/fields.h"

#include <span>

namespace nadir::arch {

struct VmcsFieldInfo {
    std::string_view name;
    FieldEncoding encoding;
    // The parts of the value, empty where it is a plain number; `value_name` where it is an enum.
    std::span<const Field> parts;
    std::string_view (*value_name)(std::uint64_t);
    // What must be in the bits that no part covers.
    Reserved reserved = Reserved::preserve;
    std::uint64_t reserved_ones = 0;

    [[nodiscard]] constexpr FieldWidth width() const { return encoding.width(); }
    [[nodiscard]] constexpr FieldGroup group() const { return encoding.group(); }
};

namespace detail {
// Names: the register or enum that has the words for the value.
template <typename Names, FieldWidth W, typename V>
constexpr VmcsFieldInfo describe_vmcs_field(std::string_view name, VmcsField<W, V> field) {
    VmcsFieldInfo info{name, FieldEncoding{field.encoding}, {}, nullptr};
    if constexpr (std::is_enum_v<Names>) {
        info.value_name = &name_by_adl<Names>;
    } else if constexpr (RegisterType<Names>) {
        info.parts = Names::fields;
        info.reserved = Names::reserved_policy;
        info.reserved_ones = Names::reserved_ones;
    }
    return info;
}
} // namespace detail

inline constexpr VmcsFieldInfo vmcs_fields[] = {
#define NADIR_VMCS_FIELD(name, encoding, type) detail::describe_vmcs_field<type>(#name, vmcs::name),
#define NADIR_VMCS_PLAIN(name, encoding, type) detail::describe_vmcs_field<type>(#name, vmcs::name),
#include "arch/vmx/fields.inc"
#undef NADIR_VMCS_PLAIN
#undef NADIR_VMCS_FIELD
};

// Null when no field has this encoding. The high half of a 64-bit field finds that field.
constexpr const VmcsFieldInfo* find_vmcs_field(std::uint32_t encoding) {
    const bool high_half = FieldEncoding{encoding}.width() == FieldWidth::bits64;
    const std::uint32_t wanted = high_half ? encoding & ~FieldEncoding::high_mask : encoding;
    for (const VmcsFieldInfo& info : vmcs_fields) {
        if (info.encoding.value == wanted) {
            return &info;
        }
    }
    return nullptr;
}

constexpr const VmcsFieldInfo* find_vmcs_field(std::string_view name) {
    for (const VmcsFieldInfo& info : vmcs_fields) {
        if (info.name == name) {
            return &info;
        }
    }
    return nullptr;
}

} // namespace nadir::arch
