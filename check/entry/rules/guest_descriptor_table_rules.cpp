// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks on Guest Descriptor-Table Registers"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

constexpr EntryRule rules[] = {
    {"guest.gdtr.base", "the base is canonical", "Store it by SGDT in 64-bit mode: the base is behind the 16-bit limit",
     fields(guest_gdtr_base), [](const EntryContext& c) { return Breach::when(!c.canonical(c.get(guest_gdtr_base))); }},
    {"guest.idtr.base", "the base is canonical", "Store it by SIDT in 64-bit mode: the base is behind the 16-bit limit",
     fields(guest_idtr_base), [](const EntryContext& c) { return Breach::when(!c.canonical(c.get(guest_idtr_base))); }},
    {"guest.gdtr.limit", "bits 31:16 of the limit are 0", "The limit is a 16-bit number of bytes, less 1",
     fields(guest_gdtr_limit),
     [](const EntryContext& c) { return Breach::of_bits(c.get(guest_gdtr_limit) & 0xFFFF'0000u); }},
    {"guest.idtr.limit", "bits 31:16 of the limit are 0", "The limit is a 16-bit number of bytes, less 1",
     fields(guest_idtr_limit),
     [](const EntryContext& c) { return Breach::of_bits(c.get(guest_idtr_limit) & 0xFFFF'0000u); }},
};

} // namespace

std::span<const EntryRule> guest_descriptor_table_rules() { return rules; }

} // namespace nadir::check
