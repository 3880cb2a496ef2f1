// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks on Guest Page-Directory-Pointer-Table Entries"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

// With EPT from the VMCS, otherwise from memory.
std::uint64_t pdpte(const EntryContext& c, unsigned number) {
    if (c.secondary().enable_ept()) {
        return c.raw(guest_pdpte0.encoding + 2 * number);
    }
    std::uint64_t value = 0;
    c.read_memory(c.get(guest_cr3).pae_table_base() + std::uint64_t{8} * number, &value, sizeof(value));
    return value;
}

template <unsigned number>
Breach bad_pdpte(const EntryContext& c) {
    if (!c.pae_paging()) {
        return {};
    }
    const std::uint64_t value = pdpte(c, number);
    return Breach::of_bits((value & 1) != 0 ? (value & 0x1E6) | c.beyond_width(value) : 0);
}

constexpr std::string_view words =
    "a present PDPTE of a PAE guest has bits 2:1, 8:5 and those beyond the physical-address width 0";

constexpr EntryRule rules[] = {
    {"guest.pdpte0", words,
     "Reserved bits of a present PDPTE are 0; with EPT it comes from the VMCS, else from memory at CR3",
     fields(guest_pdpte0, guest_cr3), &bad_pdpte<0>, EntryQualification::pdptes},
    {"guest.pdpte1", words,
     "Reserved bits of a present PDPTE are 0; with EPT it comes from the VMCS, else from memory at CR3",
     fields(guest_pdpte1, guest_cr3), &bad_pdpte<1>, EntryQualification::pdptes},
    {"guest.pdpte2", words,
     "Reserved bits of a present PDPTE are 0; with EPT it comes from the VMCS, else from memory at CR3",
     fields(guest_pdpte2, guest_cr3), &bad_pdpte<2>, EntryQualification::pdptes},
    {"guest.pdpte3", words,
     "Reserved bits of a present PDPTE are 0; with EPT it comes from the VMCS, else from memory at CR3",
     fields(guest_pdpte3, guest_cr3), &bad_pdpte<3>, EntryQualification::pdptes},
};

} // namespace

std::span<const EntryRule> guest_pdpte_rules() { return rules; }

} // namespace nadir::check
