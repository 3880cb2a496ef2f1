// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where the rules read a VMCS from: the processor (by VMREAD), a dump, a test. A field may be unknown: a dump may be cut
// off, a processor may lack the field. Two plain functions with a context, so that neither side allocates.
#pragma once

#include "arch/vmx/field_table.h"

#include <cstdint>

namespace nadir::check {

struct VmcsView {
    // Puts the field's value, zero-extended; false where it is unknown.
    bool (*read)(const void* context, std::uint32_t encoding, std::uint64_t& value);
    const void* context;
};

// Guest-physical memory as far as it can be read: MSR lists, the page behind the link pointer, the virtual APIC.
struct MemoryReader {
    bool (*read)(const void* context, std::uint64_t physical_address, void* to, std::uint32_t bytes);
    const void* context;
};

// A VMCS by value: what a dump is parsed into, and what tests change field by field.
class VmcsImage {
public:
    static constexpr unsigned field_count = sizeof(arch::vmcs_fields) / sizeof(arch::vmcs_fields[0]);

    // False: there is no such field.
    constexpr bool set(std::uint32_t encoding, std::uint64_t value) {
        const unsigned slot = slot_of(encoding);
        if (slot == field_count) {
            return false;
        }
        values_[slot] = value;
        known_[slot] = true;
        return true;
    }
    template <arch::FieldWidth W, typename V>
    constexpr void set(arch::VmcsField<W, V> field, V value) {
        set(field.encoding, arch::VmcsField<W, V>::to_raw(value));
    }

    constexpr bool get(std::uint32_t encoding, std::uint64_t& value) const {
        const unsigned slot = slot_of(encoding);
        if (slot == field_count || !known_[slot]) {
            return false;
        }
        value = values_[slot];
        return true;
    }
    template <arch::FieldWidth W, typename V>
    constexpr V get(arch::VmcsField<W, V> field) const {
        std::uint64_t value = 0;
        get(field.encoding, value);
        return field.from_raw(static_cast<typename arch::VmcsField<W, V>::raw_type>(value));
    }

    constexpr void forget(std::uint32_t encoding) {
        const unsigned slot = slot_of(encoding);
        if (slot != field_count) {
            known_[slot] = false;
        }
    }

    VmcsView view() const {
        return {[](const void* context, std::uint32_t encoding, std::uint64_t& value) {
                    return static_cast<const VmcsImage*>(context)->get(encoding, value);
                },
                this};
    }

private:
    static constexpr unsigned slot_of(std::uint32_t encoding) {
        const arch::VmcsFieldInfo* info = arch::find_vmcs_field(encoding);
        return info == nullptr ? field_count : static_cast<unsigned>(info - arch::vmcs_fields);
    }

    std::uint64_t values_[field_count] = {};
    bool known_[field_count] = {};
};

} // namespace nadir::check
