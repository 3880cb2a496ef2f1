// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Mutants that are not tried, because the processor would not come back from them, or the emulator stops. They keep their
// number, and are counted by reason.
#pragma once

#include "arch/capabilities.h"
#include "base/bits.h"
#include "tests/oracle/baselines.h"

namespace nadir::oracle {

enum class Exclusion : std::uint8_t {
    none,
    host_page_tables,
    host_rip,
    exit_load_list,
    enters,
    ia32e_without_protection,
};
inline constexpr unsigned exclusion_count = 6;

constexpr std::string_view words_of(Exclusion exclusion) {
    constexpr std::string_view words[exclusion_count] = {
        "none",
        "the host's CR3 is acceptable, and no page tables are there",
        "the host's RIP is acceptable, and no code is there",
        "the VM-exit MSR-load list is acceptable, and holds no MSRs: a VMX abort",
        "every entry of the VM-entry MSR-load list is acceptable, so that a guest in a mutated state would run",
        "IA-32e mode without CR0.PE: the emulator stops (\"EFER.LMA is set when CR0.PE=0\")",
    };
    return words[static_cast<unsigned>(exclusion)];
}

namespace detail {

// Does a list pass the checks on its address? The emulator computes its size with 32 bits, so a huge one may, too.
inline bool list_acceptable(std::uint64_t address, std::uint64_t count, std::uint64_t width_mask) {
    const std::uint64_t last = address + (count * 16 & 0xFFFF'FFFF) - 1;
    return (address & (~width_mask | 0xF)) == 0 && (last & ~width_mask) == 0;
}

inline bool reaches_sentinel(std::uint64_t address, std::uint64_t count) {
    if (address >= layout::entry_list && address < layout::entry_list + 0x1000) {
        return count >= 1;
    }
    if (address >= layout::entry_list_real && address < layout::entry_list_real + 0x1000) {
        const std::uint64_t index = (address - layout::entry_list_real) / 16;
        return count >= 1 && index + count > layout::good_entries;
    }
    return count >= 1 && address >= (std::uint64_t{1} << 30); // no memory: all bits are 1 there
}

inline bool can_enter(Baseline b, const Values& v) {
    return b != Baseline::wait_for_sipi && (b != Baseline::hlt || v.get(arch::vmcs::pin_controls).preemption_timer());
}

inline bool comes_back_at(std::uint64_t rip) {
    const bool own_program = rip >= 0x10'0000 && rip < (1u << 30);
    return !own_program && (rip & 0xFFF) <= layout::trampoline_jump;
}

} // namespace detail

// `v`: the mutant's values; `only_list`: nothing but the VM-entry MSR-load list was changed.
inline Exclusion exclusion_of(Baseline b, const Values& v, bool only_list, const arch::Capabilities& caps) {
    using namespace arch;
    const std::uint64_t width_mask = base::low_mask(caps.physical_address_bits());
    const std::uint64_t cr3 = v[slot_of(vmcs::host_cr3)];
    if ((cr3 & ~width_mask) == 0 && (cr3 & ~0xFFFull) != layout::host_pml4) {
        return Exclusion::host_page_tables;
    }
    const std::uint64_t rip = v[slot_of(vmcs::host_rip)];
    if (base::is_canonical(rip, caps.linear_address_bits()) && !detail::comes_back_at(rip)) {
        return Exclusion::host_rip;
    }
    const std::uint64_t load = v[slot_of(vmcs::exit_msr_load_address)];
    const std::uint64_t loads = v[slot_of(vmcs::exit_msr_load_count)];
    if (loads != 0 && detail::list_acceptable(load, loads, width_mask) &&
        (load < layout::exit_list || load + loads * 16 > layout::exit_list + 0x1000)) {
        return Exclusion::exit_load_list;
    }
    const std::uint64_t list = v[slot_of(vmcs::entry_msr_load_address)];
    const std::uint64_t entries = v[slot_of(vmcs::entry_msr_load_count)];
    const bool rejected = entries != 0 && !detail::list_acceptable(list, entries, width_mask);
    if (!rejected && !detail::reaches_sentinel(list, entries) && !(only_list && detail::can_enter(b, v))) {
        return Exclusion::enters;
    }
    const bool unrestricted =
        v.get(vmcs::primary_controls).activate_secondary() && v.get(vmcs::secondary_controls).unrestricted_guest();
    if (unrestricted && v.get(vmcs::entry_controls).ia32e_mode_guest() && !v.get(vmcs::guest_cr0).pe()) {
        return Exclusion::ia32e_without_protection;
    }
    return Exclusion::none;
}

} // namespace nadir::oracle
