// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The VMCS as an array, so that millions of mutants are cheap: each field has a slot, found without a search. Behind the
// fields come words in memory that are mutated like fields: of the MSR-load list, and the PDPTEs that CR3 points to.
#pragma once

#include "arch/vmx/field_table.h"
#include "tests/oracle/layout.h"

#include <array>
#include <cstdint>

namespace nadir::oracle {

inline constexpr unsigned field_count = sizeof(arch::vmcs_fields) / sizeof(arch::vmcs_fields[0]);
inline constexpr unsigned first_word_slot = field_count;
inline constexpr unsigned list_words = 2 * layout::good_entries;
inline constexpr unsigned first_pdpte_slot = first_word_slot + list_words;
inline constexpr unsigned word_count = list_words + 4;
inline constexpr unsigned slot_count = field_count + word_count;
inline constexpr std::uint8_t no_slot = 0xFF;
static_assert(slot_count < no_slot);

namespace detail {
// Width, group and index, without the bits between.
constexpr unsigned compact(std::uint32_t encoding) {
    return (encoding >> 13 & 3) << 9 | (encoding >> 10 & 3) << 7 | (encoding >> 1 & 0x7F);
}

consteval std::array<std::uint8_t, 2048> make_slots() {
    std::array<std::uint8_t, 2048> slots{};
    for (std::uint8_t& slot : slots) {
        slot = no_slot;
    }
    std::uint8_t next = 0;
    for (const arch::VmcsFieldInfo& info : arch::vmcs_fields) {
        slots[compact(info.encoding.value)] = next++;
    }
    return slots;
}
inline constexpr std::array<std::uint8_t, 2048> slots = make_slots();
} // namespace detail

constexpr std::uint8_t slot_of(std::uint32_t encoding) { return detail::slots[detail::compact(encoding)]; }

template <arch::FieldWidth W, typename V>
constexpr std::uint8_t slot_of(arch::VmcsField<W, V> field) {
    return slot_of(field.encoding);
}

constexpr bool is_word(unsigned slot) { return slot >= first_word_slot; }
constexpr bool is_list_word(unsigned slot) { return slot >= first_word_slot && slot < first_pdpte_slot; }
constexpr std::uint64_t word_address(unsigned slot) {
    if (slot >= first_pdpte_slot) {
        return layout::pae_pdpt + std::uint64_t{8} * (slot - first_pdpte_slot);
    }
    return layout::entry_list_real + std::uint64_t{8} * (slot - first_word_slot);
}

constexpr unsigned bits_of(unsigned slot) {
    if (is_word(slot)) {
        return 64;
    }
    switch (arch::vmcs_fields[slot].width()) {
    case arch::FieldWidth::bits16: return 16;
    case arch::FieldWidth::bits32: return 32;
    case arch::FieldWidth::bits64:
    case arch::FieldWidth::natural: return 64;
    }
    return 64;
}

// Which fields the processor has: VMWRITE said so.
struct Presence {
    std::uint8_t present[slot_count] = {};
};

struct Values {
    std::uint64_t value[slot_count] = {};

    std::uint64_t& operator[](unsigned slot) { return value[slot]; }
    std::uint64_t operator[](unsigned slot) const { return value[slot]; }

    template <arch::FieldWidth W, typename V>
    V get(arch::VmcsField<W, V> field) const {
        return field.from_raw(static_cast<typename arch::VmcsField<W, V>::raw_type>(value[slot_of(field)]));
    }
    template <arch::FieldWidth W, typename V>
    void set(arch::VmcsField<W, V> field, V to) {
        value[slot_of(field)] = arch::VmcsField<W, V>::to_raw(to);
    }
};

} // namespace nadir::oracle
