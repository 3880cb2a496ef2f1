// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What is mutated: every bit of every field, boundary values, and combinations within each group of rules.
#pragma once

#include "tests/oracle/mutants.h"

namespace nadir::oracle {

namespace detail {

using Value = std::uint64_t;

template <typename G>
void every_bit(G& g) {
    for (unsigned slot = 0; slot < field_count; ++slot) {
        if (!g.present(slot)) {
            continue;
        }
        for (unsigned bit = 0; bit < bits_of(slot); ++bit) {
            g.with(slot, g.base()[slot] ^ Value{1} << bit, g.emitter());
        }
    }
}

inline constexpr Value values_16[] = {0, 1, 2, 3, 4, 7, 8, 0xFF, 0x100, 0xFFF8, 0xFFFF};
inline constexpr Value values_32[] = {0,           1,           2,           3,          7,         0xF,
                                      0x10,        0xFF,        0xFFF,       0x1000,     0xFFFF,    0x1'0000,
                                      0xF'FFFF,    0x10'0000,   0x1F'FFFF,   0x10'0FFF,  0xFF'FFFF, 0xFFFF'F000,
                                      0x7FFF'FFFF, 0x8000'0000, 0xFFFF'FFFE, 0xFFFF'FFFF};
inline constexpr Value values_64[] = {0,
                                      1,
                                      0xFFF,
                                      0x1000,
                                      0xFFFF'FFFF,
                                      0x1'0000'0000,
                                      0x7FFF'FFFF'F000,
                                      0x7FFF'FFFF'FFFF,
                                      0x8000'0000'0000,
                                      0xFFFF'7FFF'FFFF'FFFF,
                                      0xFFFF'8000'0000'0000,
                                      0xFFFF'FFFF'FFFF'F000,
                                      0x8000'0000'0000'0000,
                                      ~Value{0}};

// 64-bit fields also at the physical-address width.
template <typename G, typename Inner>
void each_boundary(G& g, unsigned slot, Inner inner) {
    switch (bits_of(slot)) {
    case 16: g.each(slot, values_16, inner); return;
    case 32: g.each(slot, values_32, inner); return;
    default: g.each(slot, values_64, inner); break;
    }
    const Value end = Value{1} << g.caps().physical_address_bits();
    const Value limits[] = {end, end - 1, end - 0x1000, end + 0x1000, end >> 1};
    g.each(slot, limits, inner);
}

template <typename G>
void boundaries(G& g) {
    for (unsigned slot = 0; slot < field_count; ++slot) {
        if (g.present(slot)) {
            each_boundary(g, slot, g.emitter());
        }
    }
    constexpr Value types[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0xF, 0x10, 0x80, 0xFF};
    for (const unsigned pat : {slot_of(arch::vmcs::guest_pat), slot_of(arch::vmcs::host_pat)}) {
        for (unsigned byte = 0; byte < 8; ++byte) {
            for (const Value type : types) {
                g.with(pat, (g.base()[pat] & ~(Value{0xFF} << 8 * byte)) | type << 8 * byte, g.emitter());
            }
        }
    }
}

// A null selector with access rights that call the segment usable.
template <typename G>
void null_stack_segment(G& g, const Value (&limits)[8]) {
    const unsigned rights = slot_of(arch::vmcs::guest_ss_access_rights);
    g.with(slot_of(arch::vmcs::guest_ss_selector), 0, [&] {
        g.combinations(rights, 0x1'00FF, g.emitter());
        g.combinations(rights, 0x8F00, g.emitter());
        g.each(slot_of(arch::vmcs::guest_ss_limit), limits, g.emitter());
        each_boundary(g, slot_of(arch::vmcs::guest_ss_base), g.emitter());
    });
}

// Type, S, DPL and P with "unusable", and the flags with limits, of all eight segments.
template <typename G>
void segments(G& g) {
    constexpr Value limits[] = {0, 0xFFF, 0xFFFF, 0xF'FFFF, 0x10'0000, 0x1F'FFFF, 0xFFFF'FFFF, 0xFFFF'FF0F};
    for (unsigned i = 0; i < 8; ++i) {
        const unsigned rights = slot_of(arch::vmcs::guest_es_access_rights.encoding + 2 * i);
        const unsigned limit = slot_of(arch::vmcs::guest_es_limit.encoding + 2 * i);
        const unsigned base = slot_of(arch::vmcs::guest_es_base.encoding + 2 * i);
        const unsigned selector = slot_of(arch::vmcs::guest_es_selector.encoding + 2 * i);
        g.combinations(rights, 0x1'00FF, g.emitter());
        g.combinations(rights, 0xF000, [&] { g.each(limit, limits, g.emitter()); });
        g.combinations(rights, 0x1'0000, [&] {
            g.combinations(selector, 7, g.emitter());
            each_boundary(g, base, g.emitter());
        });
    }
    null_stack_segment(g, limits);
}

template <typename G>
void privilege(G& g) {
    using namespace arch::vmcs;
    constexpr Value types = 0xF;
    constexpr Value dpl = 0x60;
    g.combinations(slot_of(guest_cs_access_rights), types | dpl, [&] {
        g.combinations(slot_of(guest_ss_access_rights), dpl, [&] {
            g.combinations(slot_of(guest_cs_selector), 3,
                           [&] { g.combinations(slot_of(guest_ss_selector), 3, g.emitter()); });
        });
    });
    for (const unsigned i : {0u, 3u, 4u, 5u}) {
        g.combinations(slot_of(guest_es_access_rights.encoding + 2 * i), types | dpl,
                       [&] { g.combinations(slot_of(guest_es_selector.encoding + 2 * i), 3, g.emitter()); });
    }
}

template <typename G>
void modes(G& g) {
    using namespace arch;
    const unsigned entry = slot_of(vmcs::entry_controls);
    const unsigned rights = slot_of(vmcs::guest_cs_access_rights);
    g.combinations(slot_of(vmcs::guest_cr0), Cr0::pe_mask | Cr0::pg_mask, [&] {
        g.combinations(slot_of(vmcs::guest_cr4), Cr4::pae_mask | Cr4::pcide_mask, [&] {
            g.combinations(entry, EntryControls::ia32e_mode_guest_mask | EntryControls::load_efer_mask, [&] {
                g.combinations(slot_of(vmcs::guest_efer), Efer::lme_mask | Efer::lma_mask, [&] {
                    g.combinations(slot_of(vmcs::guest_rflags), Rflags::vm_mask, g.emitter());
                    g.combinations(rights, 0x6000, g.emitter());
                });
            });
        });
    });
    constexpr Value addresses[] = {
        0x1000, 0x1002, 0x1'0000'0000, 0x8000'0000'0000, 0xFFFF'8000'0000'0000, 0x1'0000'0000'0000};
    g.combinations(entry, EntryControls::ia32e_mode_guest_mask, [&] {
        g.combinations(rights, 0x6000, [&] {
            g.each(slot_of(vmcs::guest_rip), addresses, g.emitter());
            g.each(slot_of(vmcs::guest_ssp), addresses, g.emitter());
        });
    });
    g.combinations(slot_of(vmcs::guest_cr4), Cr4::cet_mask,
                   [&] { g.combinations(slot_of(vmcs::guest_cr0), Cr0::wp_mask, g.emitter()); });
    // CET state of guests in every mode.
    constexpr Value s_cet[] = {0, 0x3, 0x4, 0x40, 0x200, 0x400, 0x800, 0xC00, 0x1'0000'0000, 0x8000'0000'0000};
    g.with(entry, g.base()[entry] | EntryControls::load_cet_state_mask, [&] {
        g.each(slot_of(vmcs::guest_s_cet), s_cet, g.emitter());
        g.each(slot_of(vmcs::guest_ssp), addresses, g.emitter());
        g.each(slot_of(vmcs::guest_interrupt_ssp_table), addresses, g.emitter());
    });
    if (g.baseline() == Baseline::pae || g.baseline() == Baseline::pae_without_ept) { // those in memory
        for (unsigned i = 0; i < 4; ++i) {
            for (unsigned bit = 0; bit < 64; ++bit) {
                g.with(first_pdpte_slot + i, g.base()[first_pdpte_slot + i] ^ Value{1} << bit, g.emitter());
                g.with(first_pdpte_slot + i, Value{1} << bit, g.emitter());
            }
        }
    }
    for (unsigned i = 0; i < 4; ++i) { // a PDPTE that isn't present may hold anything
        const unsigned pdpte = slot_of(vmcs::guest_pdpte0.encoding + 2 * i);
        for (unsigned bit = 1; bit < 64; ++bit) {
            g.with(pdpte, (g.base()[pdpte] & ~Value{1}) ^ Value{1} << bit, g.emitter());
        }
    }
}

constexpr Value event(Value type, Value vector, bool error_code = false) {
    return Value{1} << 31 | Value{error_code} << 11 | type << 8 | vector;
}

template <typename G>
void events(G& g) {
    using namespace arch::vmcs;
    const unsigned information = slot_of(entry_interruption_information);
    constexpr Value vectors[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,  17,
                                 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 128, 255};
    constexpr Value lengths[] = {0, 1, 15, 16, 0x100, 0x8000'0001};
    constexpr Value codes[] = {0, 0x18, 0xFFFF, 0x1'0000, 0x8000'0000};
    for (Value type = 0; type < 8; ++type) {
        for (const Value vector : vectors) {
            g.with(information, event(type, vector), g.emitter());
            g.with(information, event(type, vector),
                   [&] { g.each(slot_of(entry_instruction_length), lengths, g.emitter()); });
            g.with(information, event(type, vector, true),
                   [&] { g.each(slot_of(entry_exception_error_code), codes, g.emitter()); });
        }
    }
    for (unsigned bit = 0; bit < 31; ++bit) { // bit by bit in a valid one, as every_bit() has it invalid
        g.with(information, event(0, 0x20) ^ Value{1} << bit, g.emitter());
        g.with(information, event(3, 13, true) ^ Value{1} << bit, g.emitter());
        g.with(information, event(3, 13, true),
               [&] { g.with(slot_of(entry_exception_error_code), Value{1} << bit, g.emitter()); });
        g.with(information, event(4, 0x80),
               [&] { g.with(slot_of(entry_instruction_length), Value{1} << bit, g.emitter()); });
    }
}

// Activity, interruptibility, injection, RFLAGS and pending debug exceptions.
template <typename G>
void non_register_state(G& g) {
    using namespace arch;
    constexpr Value activities[] = {0, 1, 2, 3, 4};
    constexpr Value injections[] = {0,
                                    event(0, 0x20),
                                    event(2, 2),
                                    event(3, 1),
                                    event(3, 6),
                                    event(3, 13, true),
                                    event(3, 18),
                                    event(4, 0x80),
                                    event(4, 18),
                                    event(5, 1),
                                    event(6, 3),
                                    event(7, 0)};
    const unsigned activity = slot_of(vmcs::guest_activity_state);
    const unsigned blocking = slot_of(vmcs::guest_interruptibility);
    const unsigned rflags = slot_of(vmcs::guest_rflags);
    g.each(activity, activities, [&] {
        g.combinations(blocking, 0x1F, [&] {
            g.each(slot_of(vmcs::entry_interruption_information), injections, [&] {
                g.with(slot_of(vmcs::entry_instruction_length), 1,
                       [&] { g.combinations(rflags, Rflags::interrupt_enable_mask, g.emitter()); });
            });
        });
        g.combinations(slot_of(vmcs::guest_ss_access_rights), 0x60, g.emitter());
    });
    g.combinations(slot_of(vmcs::pin_controls), PinControls::nmi_exiting_mask | PinControls::virtual_nmis_mask, [&] {
        g.combinations(blocking, 0x1F,
                       [&] { g.with(slot_of(vmcs::entry_interruption_information), event(2, 2), g.emitter()); });
    });
    constexpr Value states[] = {0, 1, 2, 3};
    constexpr Value shadows[] = {0, 1, 2, 4, 8, 9, 10};
    constexpr Value pending[] = {0, 0xF, 0x1000, 0x4000, 0x5000, 0x400F, 0x1'0000, 0x1'1000, 0x1'1001, 0x1'5000};
    g.each(activity, states, [&] {
        g.each(blocking, shadows, [&] {
            g.combinations(rflags, Rflags::interrupt_enable_mask | Rflags::tf_mask, [&] {
                g.combinations(slot_of(vmcs::guest_debugctl), DebugCtl::btf_mask,
                               [&] { g.each(slot_of(vmcs::guest_pending_debug), pending, g.emitter()); });
            });
        });
    });
}

} // namespace detail

} // namespace nadir::oracle
