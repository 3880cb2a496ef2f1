// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The VMCSs that mutants start from: one per mode of the guest and way of paging, each one that the processor enters (the
// guest program enters each for real before it mutates it). Every field has a value here, whether the processor has it
// or not.
#pragma once

#include "arch/capabilities.h"
#include "arch/msr/vmx_capabilities.h"
#include "tests/oracle/slots.h"

#include <string_view>

namespace nadir::oracle {

enum class Baseline : std::uint8_t {
    bits64,
    compatibility,
    pae,
    virtual_8086,
    real,
    hlt,
    wait_for_sipi,
    protected_32,
    bits64_without_ept,
    pae_without_ept,
    bits64_unrestricted,
    protected_without_paging,
    msr_list,
    every_control,
};
inline constexpr unsigned baseline_count = 14;

constexpr std::string_view name_of(Baseline baseline) {
    constexpr std::string_view names[baseline_count] = {
        "64-bit",
        "compatibility mode, CPL 3",
        "PAE",
        "virtual-8086",
        "real mode",
        "HLT",
        "wait-for-SIPI",
        "32-bit",
        "64-bit without EPT",
        "PAE without EPT",
        "64-bit, unrestricted",
        "protected mode without paging",
        "64-bit with an MSR-load list",
        "64-bit with every control",
    };
    return names[static_cast<unsigned>(baseline)];
}

constexpr bool wants_unrestricted(Baseline b) {
    return b == Baseline::real || b == Baseline::wait_for_sipi || b == Baseline::bits64_unrestricted ||
           b == Baseline::protected_without_paging;
}
constexpr bool without_ept(Baseline b) { return b == Baseline::bits64_without_ept || b == Baseline::pae_without_ept; }
constexpr bool without_paging(Baseline b) {
    return b == Baseline::real || b == Baseline::wait_for_sipi || b == Baseline::protected_without_paging;
}
constexpr bool without_protection(Baseline b) { return b == Baseline::real || b == Baseline::wait_for_sipi; }
constexpr bool ia32e(Baseline b) {
    return !(without_paging(b) || b == Baseline::pae || b == Baseline::pae_without_ept || b == Baseline::virtual_8086 ||
             b == Baseline::protected_32);
}

inline bool has_unrestricted(const arch::Capabilities& caps) {
    return caps.secondary().allows(arch::SecondaryControls::unrestricted_guest_mask);
}

inline bool has_baseline(Baseline b, const arch::Capabilities& caps) {
    if (wants_unrestricted(b) && !has_unrestricted(caps)) {
        // Wait-for-SIPI doesn't need real mode: it is then tried from 32-bit mode.
        return b == Baseline::wait_for_sipi &&
               arch::VmxMisc{caps.msr(arch::capability_msr::vmx_misc)}.activity_wait_for_sipi();
    }
    return caps.ept_available() || !without_ept(b); // without EPT they would be the same as others
}

namespace detail {

constexpr std::uint64_t fit(std::uint64_t wanted, arch::ControlBounds bounds) {
    return (wanted & bounds.may_be_one) | bounds.must_be_one;
}

struct Segments {
    std::uint16_t code_selector, data_selector;
    std::uint32_t limit, code_rights, data_rights;
    std::uint64_t base_is_selector; // times 16
};

constexpr Segments segments_of(Baseline b, bool real) {
    if (b == Baseline::virtual_8086) {
        return {0x900, 0x900, 0xFFFF, 0xF3, 0xF3, 1};
    }
    if (real) {
        return {0x900, 0x900, 0xFFFF, 0x93, 0x93, 1};
    }
    if (b == Baseline::compatibility) {
        return {0x23, 0x2B, 0xFFFF'FFFF, 0xC0FB, 0xC0F3, 0};
    }
    return {0x10, 0x18, 0xFFFF'FFFF, ia32e(b) ? 0xA09Bu : 0xC09Bu, 0xC093, 0};
}

inline void set_controls(Values& v, Baseline b, const arch::Capabilities& caps, bool ept, bool unrestricted) {
    using namespace arch;
    const bool all = b == Baseline::every_control;
    v.set(vmcs::pin_controls, PinControls{static_cast<std::uint32_t>(
                                  fit(PinControls::preemption_timer_mask |
                                          (all ? PinControls::nmi_exiting_mask | PinControls::virtual_nmis_mask |
                                                     PinControls::external_interrupt_exiting_mask
                                               : 0),
                                      caps.pin()))});
    const std::uint32_t more = PrimaryControls::use_tpr_shadow_mask | PrimaryControls::use_io_bitmaps_mask |
                               PrimaryControls::use_tsc_offsetting_mask | PrimaryControls::nmi_window_exiting_mask;
    const bool secondary = caps.secondary_available() && !without_ept(b);
    v.set(vmcs::primary_controls, PrimaryControls{static_cast<std::uint32_t>(fit(
                                      PrimaryControls::use_msr_bitmaps_mask |
                                          (secondary ? PrimaryControls::activate_secondary_mask : 0) | (all ? more : 0),
                                      caps.primary()))});
    const std::uint32_t most =
        SecondaryControls::virtualize_x2apic_mask | SecondaryControls::apic_register_virtualization_mask |
        SecondaryControls::virtual_interrupt_delivery_mask | SecondaryControls::enable_vm_functions_mask |
        SecondaryControls::vmcs_shadowing_mask | SecondaryControls::enable_pml_mask |
        SecondaryControls::ept_violation_ve_mask | SecondaryControls::tsc_scaling_mask |
        SecondaryControls::pause_loop_exiting_mask | SecondaryControls::sub_page_permissions_mask;
    v.set(vmcs::secondary_controls,
          SecondaryControls{static_cast<std::uint32_t>(
              fit((ept ? SecondaryControls::enable_ept_mask : 0) | SecondaryControls::enable_vpid_mask |
                      (unrestricted ? SecondaryControls::unrestricted_guest_mask : 0) | (all ? most : 0),
                  caps.secondary()))});
    v.set(vmcs::exit_controls,
          ExitControls{static_cast<std::uint32_t>(
              fit(ExitControls::host_address_space_size_mask | ExitControls::save_debug_controls_mask |
                      ExitControls::load_pat_mask | ExitControls::load_efer_mask |
                      (all ? ExitControls::load_cet_state_mask | ExitControls::load_pkrs_mask |
                                 ExitControls::load_perf_global_ctrl_mask | ExitControls::save_preemption_timer_mask
                           : 0),
                  caps.exit()))});
    v.set(vmcs::entry_controls,
          EntryControls{static_cast<std::uint32_t>(
              fit(EntryControls::load_debug_controls_mask | EntryControls::load_pat_mask |
                      EntryControls::load_efer_mask | (ia32e(b) ? EntryControls::ia32e_mode_guest_mask : 0) |
                      (all ? EntryControls::load_cet_state_mask | EntryControls::load_pkrs_mask |
                                 EntryControls::load_perf_global_ctrl_mask | EntryControls::load_bndcfgs_mask
                           : 0),
                  caps.entry()))});
}

inline void set_addresses(Values& v, Baseline b) {
    using namespace arch;
    using Address = std::uint64_t;
    v.set(vmcs::io_bitmap_a, Address{layout::io_bitmap_a});
    v.set(vmcs::io_bitmap_b, Address{layout::io_bitmap_b});
    v.set(vmcs::msr_bitmap, Address{layout::msr_bitmap});
    v.set(vmcs::virtual_apic_address, Address{layout::virtual_apic});
    v.set(vmcs::apic_access_address, Address{layout::apic_access});
    v.set(vmcs::posted_interrupt_descriptor_address, Address{layout::posted_interrupts});
    v.set(vmcs::eptp, Eptp{layout::ept_pml4 | 3 << 3 | 6});
    v.set(vmcs::eptp_list_address, Address{layout::eptp_list});
    v.set(vmcs::vmread_bitmap, Address{layout::vmread_bitmap});
    v.set(vmcs::vmwrite_bitmap, Address{layout::vmwrite_bitmap});
    v.set(vmcs::virtualization_exception_information_address, Address{layout::ve_information});
    v.set(vmcs::pml_address, Address{layout::pml});
    v.set(vmcs::sub_page_permission_table_pointer, Address{layout::sub_page_table});
    v.set(vmcs::link_pointer, ~Address{0});
    v.set(vmcs::entry_msr_load_address,
          Address{b == Baseline::msr_list ? layout::entry_list_real : layout::entry_list});
    v.set(vmcs::entry_msr_load_count, b == Baseline::msr_list ? layout::good_entries + 1 : 1u);
    v.set(vmcs::exit_msr_load_address, Address{layout::exit_list});
    v.set(vmcs::exit_msr_store_address, Address{layout::exit_list + 0x800});
    v.set(vmcs::vpid, std::uint16_t{1});
    v.set(vmcs::tsc_multiplier, std::uint64_t{1} << 48);
    v.set(vmcs::exception_bitmap, ~0u);
    v.set(vmcs::preemption_timer_value, 2000u);
    if (b == Baseline::every_control) {
        v.set(vmcs::vm_function_controls, VmFunctionControls{1});
        const bool shadowing = v.get(vmcs::secondary_controls).vmcs_shadowing();
        v.set(vmcs::link_pointer, Address{shadowing ? layout::linked_shadow_vmcs : layout::linked_vmcs});
    }
}

inline void set_segments(Values& v, Baseline b, bool real) {
    const Segments s = segments_of(b, real);
    for (unsigned i = 0; i < 6; ++i) {
        const bool code = i == 1;
        const std::uint16_t selector = code ? s.code_selector : s.data_selector;
        v[slot_of(arch::vmcs::guest_es_selector.encoding + 2 * i)] = selector;
        v[slot_of(arch::vmcs::guest_es_base.encoding + 2 * i)] = s.base_is_selector * 16 * selector;
        v[slot_of(arch::vmcs::guest_es_limit.encoding + 2 * i)] = s.limit;
        v[slot_of(arch::vmcs::guest_es_access_rights.encoding + 2 * i)] = code ? s.code_rights : s.data_rights;
    }
    v.set(arch::vmcs::guest_tr_selector, arch::Selector{0x40});
    v.set(arch::vmcs::guest_tr_limit, 0x67u);
    v.set(arch::vmcs::guest_tr_access_rights, arch::AccessRights{0x8B});
    v.set(arch::vmcs::guest_ldtr_access_rights, arch::AccessRights::none());
    if (b == Baseline::bits64 || b == Baseline::protected_32) { // elsewhere it is unusable
        v.set(arch::vmcs::guest_ldtr_selector, arch::Selector{0x50});
        v.set(arch::vmcs::guest_ldtr_limit, 0xFFFu);
        v.set(arch::vmcs::guest_ldtr_access_rights, arch::AccessRights{0x82});
    }
}

inline void set_guest(Values& v, Baseline b, const arch::Capabilities& caps, bool unrestricted) {
    using namespace arch;
    const bool real = without_protection(b) && unrestricted;
    const bool paging = !(without_paging(b) && unrestricted);
    const bool pae = ia32e(b) || b == Baseline::pae || b == Baseline::pae_without_ept || b == Baseline::virtual_8086;
    std::uint64_t cr0 = caps.msr(capability_msr::vmx_cr0_fixed0) | 0x10;
    cr0 = (cr0 & ~(Cr0::pe_mask | Cr0::pg_mask)) | (real ? 0 : Cr0::pe_mask) | (paging ? Cr0::pg_mask : 0);
    v.set(vmcs::guest_cr0, Cr0{cr0 | (b == Baseline::every_control ? Cr0::wp_mask : 0)});
    v.set(vmcs::guest_cr4, Cr4{caps.msr(capability_msr::vmx_cr4_fixed0) | (pae ? Cr4::pae_mask : 0) |
                               (!pae && paging ? Cr4::pse_mask : 0)});
    v.set(vmcs::guest_cr3, Cr3{ia32e(b) ? layout::guest_pml4
                               : pae    ? layout::pae_pdpt
                               : paging ? layout::legacy_pd
                                        : 0});
    v.set(vmcs::guest_efer, Efer{ia32e(b) ? Efer::lme_mask | Efer::lma_mask | Efer::sce_mask : 0});
    v.set(vmcs::guest_pat, Pat{layout::initial_pat});
    v.set(vmcs::guest_dr7, Dr7{0x400});
    v.set(vmcs::guest_rflags, Rflags{b == Baseline::virtual_8086 ? 0x2'0202u : 0x202u});
    v.set(vmcs::guest_rip, std::uint64_t{real || b == Baseline::virtual_8086 ? 0 : layout::guest_code});
    for (unsigned i = 0; i < 4; ++i) {
        v[slot_of(vmcs::guest_pdpte0.encoding + 2 * i)] = layout::guest_pd | 1;
    }
    v.set(vmcs::guest_activity_state, b == Baseline::hlt ? 1u : b == Baseline::wait_for_sipi ? 3u : 0u);
    set_segments(v, b, real);
}

inline void set_host(Values& v, const arch::Capabilities& caps) {
    using namespace arch;
    v.set(vmcs::host_cr0, Cr0{caps.msr(capability_msr::vmx_cr0_fixed0) | 0x10 | Cr0::wp_mask});
    v.set(vmcs::host_cr4, Cr4{caps.msr(capability_msr::vmx_cr4_fixed0) | Cr4::pae_mask});
    v.set(vmcs::host_cr3, Cr3{layout::host_pml4});
    v.set(vmcs::host_efer, Efer{Efer::lme_mask | Efer::lma_mask});
    v.set(vmcs::host_pat, Pat{layout::initial_pat});
    v.set(vmcs::host_cs_selector, Selector{0x8});
    v.set(vmcs::host_ss_selector, Selector{0x10});
    v.set(vmcs::host_ds_selector, Selector{0x10});
    v.set(vmcs::host_tr_selector, Selector{0x18});
    v.set(vmcs::host_rip, std::uint64_t{layout::host_rip});
}

} // namespace detail

inline void make_baseline(Baseline b, const arch::Capabilities& caps, Values& v) {
    v = Values{};
    const bool ept = caps.ept_available() && !without_ept(b);
    const bool unrestricted = wants_unrestricted(b) && has_unrestricted(caps);
    detail::set_controls(v, b, caps, ept, unrestricted);
    detail::set_addresses(v, b);
    detail::set_guest(v, b, caps, unrestricted);
    detail::set_host(v, caps);
    constexpr std::uint64_t words[list_words] = {
        layout::sysenter_cs_msr, 0x8, layout::pat_msr, layout::initial_pat, layout::kernel_gs_base_msr,
        0xFFFF'8000'0000'1000};
    for (unsigned i = 0; i < list_words; ++i) {
        v[first_word_slot + i] = words[i];
    }
    for (unsigned i = 0; i < 4; ++i) {
        v[first_pdpte_slot + i] = layout::guest_pd | 1;
    }
}

} // namespace nadir::oracle
