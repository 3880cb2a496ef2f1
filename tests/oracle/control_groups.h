// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Mutations of controls, of the addresses that they use, of the host's state and of the MSR-load lists.
#pragma once

#include "tests/oracle/mutant_groups.h"

namespace nadir::oracle {

namespace detail {

struct ControlBit {
    std::uint32_t slot;
    std::uint32_t mask;
};

// The controls that may be either, and one that may not of each group.
struct ControlBits {
    static constexpr unsigned capacity = 160;
    ControlBit bits[capacity] = {};
    unsigned count = 0;

    void add(unsigned slot, arch::ControlBounds bounds) {
        bool refused = false;
        for (unsigned bit = 0; bit < 32 && count < capacity; ++bit) {
            const std::uint32_t mask = 1u << bit;
            const bool free = (bounds.may_be_one & ~bounds.must_be_one & mask) != 0;
            if (free || !refused) {
                bits[count++] = {slot, mask};
                refused = refused || !free;
            }
        }
    }
};

template <typename G>
void control_pairs(G& g) {
    using namespace arch;
    ControlBits controls;
    controls.add(slot_of(vmcs::pin_controls), g.caps().pin());
    controls.add(slot_of(vmcs::primary_controls), g.caps().primary());
    controls.add(slot_of(vmcs::secondary_controls), g.caps().secondary());
    controls.add(slot_of(vmcs::exit_controls), g.caps().exit());
    controls.add(slot_of(vmcs::entry_controls), g.caps().entry());
    for (unsigned i = 0; i < controls.count; ++i) {
        for (unsigned j = 0; j < i; ++j) {
            const ControlBit a = controls.bits[i];
            const ControlBit b = controls.bits[j];
            g.with(a.slot, g.now()[a.slot] ^ a.mask, [&] { g.with(b.slot, g.now()[b.slot] ^ b.mask, g.emitter()); });
        }
    }
    // What APIC virtualisation needs, all at once.
    using S = SecondaryControls;
    g.combinations(slot_of(vmcs::secondary_controls),
                   S::virtualize_apic_accesses_mask | S::virtualize_x2apic_mask | S::apic_register_virtualization_mask |
                       S::virtual_interrupt_delivery_mask,
                   [&] {
                       g.combinations(slot_of(vmcs::primary_controls), PrimaryControls::use_tpr_shadow_mask, [&] {
                           g.combinations(slot_of(vmcs::pin_controls), PinControls::external_interrupt_exiting_mask,
                                          g.emitter());
                           constexpr Value thresholds[] = {0, 4, 5, 6, 15, 16, 0x8000'0000};
                           g.each(slot_of(vmcs::tpr_threshold), thresholds, g.emitter());
                       });
                   });
    // What depends on EPT.
    g.combinations(slot_of(vmcs::secondary_controls),
                   S::enable_ept_mask | S::unrestricted_guest_mask | S::enable_pml_mask | S::enable_vm_functions_mask |
                       S::ept_violation_ve_mask | S::mode_based_execute_mask | S::sub_page_permissions_mask |
                       S::pt_guest_physical_mask,
                   [&] {
                       constexpr Value functions[] = {0, 1, 2, 3};
                       g.each(slot_of(vmcs::vm_function_controls), functions, g.emitter());
                   });
}

// An address with the control that makes it count.
template <typename G>
void control_addresses(G& g) {
    using namespace arch;
    using P = PrimaryControls;
    using S = SecondaryControls;
    struct Use {
        unsigned address;
        std::uint32_t primary, secondary, not_secondary;
    };
    const Use uses[] = {
        {slot_of(vmcs::io_bitmap_a), P::use_io_bitmaps_mask, 0, 0},
        {slot_of(vmcs::io_bitmap_b), P::use_io_bitmaps_mask, 0, 0},
        {slot_of(vmcs::msr_bitmap), P::use_msr_bitmaps_mask, 0, 0},
        {slot_of(vmcs::virtual_apic_address), P::use_tpr_shadow_mask, 0, 0},
        {slot_of(vmcs::apic_access_address), 0, S::virtualize_apic_accesses_mask, S::virtualize_x2apic_mask},
        {slot_of(vmcs::eptp), 0, S::enable_ept_mask, 0},
        {slot_of(vmcs::pml_address), 0, S::enable_pml_mask, 0},
        {slot_of(vmcs::eptp_list_address), 0, S::enable_vm_functions_mask, 0},
        {slot_of(vmcs::vmread_bitmap), 0, S::vmcs_shadowing_mask, 0},
        {slot_of(vmcs::vmwrite_bitmap), 0, S::vmcs_shadowing_mask, 0},
        {slot_of(vmcs::virtualization_exception_information_address), 0, S::ept_violation_ve_mask, 0},
        {slot_of(vmcs::sub_page_permission_table_pointer), 0, S::sub_page_permissions_mask, 0},
        {slot_of(vmcs::vpid), 0, S::enable_vpid_mask, 0},
        {slot_of(vmcs::tsc_multiplier), 0, S::tsc_scaling_mask, 0},
    };
    const unsigned primary = slot_of(vmcs::primary_controls);
    const unsigned secondary = slot_of(vmcs::secondary_controls);
    for (const Use& use : uses) {
        g.with(primary, g.base()[primary] | use.primary, [&] {
            g.with(secondary, (g.base()[secondary] | use.secondary) & ~Value{use.not_secondary}, [&] {
                each_boundary(g, use.address, g.emitter());
                for (unsigned bit = 0; bit < bits_of(use.address); ++bit) {
                    g.with(use.address, g.base()[use.address] ^ Value{1} << bit, g.emitter());
                }
            });
        });
    }
    g.combinations(slot_of(vmcs::eptp), 0xFFF, g.emitter());
    constexpr Value links[] = {
        layout::linked_vmcs, layout::linked_shadow_vmcs, layout::linked_stranger, layout::linked_vmcs + 16,
        layout::vmcs_region, layout::guest_code,         ~Value{0} - 1,           ~Value{0}};
    g.combinations(secondary, S::vmcs_shadowing_mask, [&] { g.each(slot_of(vmcs::link_pointer), links, g.emitter()); });
}

template <typename G>
void host(G& g) {
    using namespace arch;
    for (unsigned i = 0; i < 7; ++i) {
        const unsigned selector = slot_of(vmcs::host_es_selector.encoding + 2 * i);
        g.combinations(selector, 0x1F, g.emitter());
    }
    using X = ExitControls;
    const unsigned exit = slot_of(vmcs::exit_controls);
    g.combinations(exit, X::host_address_space_size_mask | X::load_efer_mask, [&] {
        g.combinations(slot_of(vmcs::host_efer), Efer::lme_mask | Efer::lma_mask | Efer::nxe_mask,
                       [&] { g.combinations(slot_of(vmcs::host_cr4), Cr4::pae_mask | Cr4::pcide_mask, g.emitter()); });
        g.combinations(slot_of(vmcs::entry_controls), EntryControls::ia32e_mode_guest_mask, g.emitter());
        each_boundary(g, slot_of(vmcs::host_rip), g.emitter());
    });
    g.combinations(slot_of(vmcs::host_cr4), Cr4::cet_mask, [&] {
        g.combinations(slot_of(vmcs::host_cr0), Cr0::wp_mask,
                       [&] { g.combinations(exit, X::load_cet_state_mask, g.emitter()); });
    });
}

template <typename G>
void msr_lists(G& g) {
    using namespace arch;
    constexpr Value counts[] = {0, 1, 2, 256, 0x1000'0000, 0xFFFF'FFFF};
    const Value end = Value{1} << g.caps().physical_address_bits();
    const Value addresses[] = {layout::entry_list, layout::exit_list, layout::exit_list + 8, end - 16, end - 32, end, 1,
                               Value{1} << 63};
    struct List {
        unsigned address, count;
    };
    const List lists[] = {
        {slot_of(vmcs::entry_msr_load_address), slot_of(vmcs::entry_msr_load_count)},
        {slot_of(vmcs::exit_msr_load_address), slot_of(vmcs::exit_msr_load_count)},
        {slot_of(vmcs::exit_msr_store_address), slot_of(vmcs::exit_msr_store_count)},
    };
    for (const List& list : lists) {
        g.each(list.count, counts, [&] { g.each(list.address, addresses, g.emitter()); });
    }
    if (g.baseline() != Baseline::msr_list) {
        return;
    }
    constexpr Value indices[] = {0xFE,        0x480,       0xC000'0103, 0x10,        0x1B,        0x79,
                                 0x8B,        0x9B,        0x174,       0x175,       0x176,       0x277,
                                 0x7FF,       0x800,       0x80B,       0x8FF,       0x900,       0xC000'0080,
                                 0xC000'0081, 0xC000'0082, 0xC000'0083, 0xC000'0084, 0xC000'00FF, 0xC000'0100,
                                 0xC000'0101, 0xC000'0102};
    for (unsigned word = 0; word < list_words; ++word) {
        for (unsigned bit = 0; bit < 64; ++bit) {
            g.with(first_word_slot + word, g.base()[first_word_slot + word] ^ Value{1} << bit, g.emitter());
        }
    }
    constexpr Value data[] = {0, 0x8000'0000'0000, 0xFFFF'8000'0000'0000, 0x0707'0707'0707'0707, 0x2020'2020'2020'2020};
    for (unsigned entry = 0; entry < layout::good_entries; ++entry) {
        g.each(first_word_slot + 2 * entry, indices,
               [&] { g.each(first_word_slot + 2 * entry + 1, data, g.emitter()); });
    }
}

} // namespace detail

namespace detail {

// Is a group worth its time with this baseline? Its rules then see something that they don't see with another.
constexpr bool worthwhile(Group group, Baseline b) {
    const bool like_another = without_ept(b) || b == Baseline::msr_list;
    switch (group) {
    case Group::segments: return !like_another && b != Baseline::hlt;
    case Group::privilege:
        return !like_another && b != Baseline::hlt && b != Baseline::wait_for_sipi && b != Baseline::virtual_8086;
    case Group::events: return !like_another && b != Baseline::compatibility && b != Baseline::every_control;
    case Group::non_register_state: return !like_another && b != Baseline::compatibility;
    case Group::controls:
    case Group::addresses:
        return b == Baseline::bits64 || b == Baseline::real || b == Baseline::pae_without_ept ||
               b == Baseline::every_control;
    default: return true;
    }
}

} // namespace detail

// Everything, baseline by baseline.
template <typename G>
void generate(G& g) {
    using namespace detail;
    const auto in_group = [&g](Group group, void (*mutate)(G&)) {
        if (worthwhile(group, g.baseline())) {
            g.group(group);
            mutate(g);
        }
    };
    for (unsigned i = 0; i < baseline_count; ++i) {
        const Baseline baseline = static_cast<Baseline>(i);
        if (!has_baseline(baseline, g.caps())) {
            continue;
        }
        g.begin(baseline);
        g.group(Group::unchanged);
        if (can_enter(baseline, g.base())) {
            g.with(slot_of(arch::vmcs::entry_msr_load_count), 0, g.emitter());
        }
        g.emit();
        in_group(Group::bits, &every_bit<G>);
        in_group(Group::boundaries, &boundaries<G>);
        in_group(Group::segments, &segments<G>);
        in_group(Group::privilege, &privilege<G>);
        in_group(Group::modes, &modes<G>);
        in_group(Group::events, &events<G>);
        in_group(Group::non_register_state, &non_register_state<G>);
        in_group(Group::controls, &control_pairs<G>);
        in_group(Group::addresses, &control_addresses<G>);
        in_group(Group::host, &host<G>);
        in_group(Group::lists, &msr_lists<G>);
    }
}

} // namespace nadir::oracle
