// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which VMX controls Nadir wants, each with the reason: the one list behind the check before a start, the choice of
// controls in the core and `nadir caps`. Controls that only some situations need (NMI-window exiting, MTF) are not here.
#pragma once

#include "arch/capabilities.h"
#include "arch/vmx/controls.h"

#include <bit>
#include <cstdint>
#include <string_view>

namespace nadir::check {

enum class ControlGroup : std::uint8_t { pin, primary, secondary, tertiary, exit, secondary_exit, entry };
inline constexpr unsigned control_groups = 7;

// In the order of the enumeration.
inline constexpr std::string_view control_group_names[control_groups] = {
    "pin-based VM-execution control",
    "primary processor-based VM-execution control",
    "secondary processor-based VM-execution control",
    "tertiary processor-based VM-execution control",
    "primary VM-exit control",
    "secondary VM-exit control",
    "VM-entry control",
};

constexpr std::string_view name_of(ControlGroup group) { return control_group_names[static_cast<unsigned>(group)]; }

constexpr arch::ControlBounds bounds_of(ControlGroup group, const arch::Capabilities& caps) {
    switch (group) {
    case ControlGroup::pin: return caps.pin();
    case ControlGroup::primary: return caps.primary();
    case ControlGroup::secondary: return caps.secondary();
    case ControlGroup::tertiary: return caps.tertiary();
    case ControlGroup::exit: return caps.exit();
    case ControlGroup::secondary_exit: return caps.secondary_exit();
    case ControlGroup::entry: return caps.entry();
    }
    return {};
}

// When a control is wanted at all.
enum class Need : std::uint8_t {
    always,      // without it Nadir does not start
    if_offered,  // used where it exists
    with_rdtscp, // and so on: needed exactly where CPUID shows the feature, which would end in #UD without the control
    with_invpcid,
    with_xsaves,
    with_waitpkg,
    with_pconfig,
    with_cet,
    with_pks,
};

constexpr bool applies(Need need, const arch::Capabilities& caps) {
    switch (need) {
    case Need::always:
    case Need::if_offered: return true;
    case Need::with_rdtscp: return caps.rdtscp();
    case Need::with_invpcid: return caps.invpcid();
    case Need::with_xsaves: return caps.xsaves();
    case Need::with_waitpkg: return caps.waitpkg();
    case Need::with_pconfig: return caps.pconfig();
    case Need::with_cet: return caps.cet_ss() || caps.cet_ibt();
    case Need::with_pks: return caps.pks();
    }
    return false;
}

struct ControlWish {
    ControlGroup group;
    std::uint64_t mask; // one bit
    Need need;
    std::string_view name;   // as the SDM writes it
    std::string_view reason; // "so that ..."

    constexpr unsigned position() const { return static_cast<unsigned>(std::countr_zero(mask)); }
};

// [SDM3 "VM-Execution Control Fields"] [SDM3 "VM-Exit Control Fields"] [SDM3 "VM-Entry Control Fields"]
inline constexpr ControlWish control_wishes[] = {
    {ControlGroup::primary, arch::PrimaryControls::use_msr_bitmaps_mask, Need::always, "use MSR bitmaps",
     "so that RDMSR and WRMSR don't all cause VM exits"},
    {ControlGroup::primary, arch::PrimaryControls::activate_secondary_mask, Need::always, "activate secondary controls",
     "so that EPT can be used"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_ept_mask, Need::always, "enable EPT",
     "so that Nadir's own memory can be hidden"},
    {ControlGroup::secondary, arch::SecondaryControls::unrestricted_guest_mask, Need::always, "unrestricted guest",
     "so that the guest may run in real mode and without paging, as starting processors do"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_vpid_mask, Need::if_offered, "enable VPID",
     "so that VM exits don't empty the TLB"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_rdtscp_mask, Need::with_rdtscp, "enable RDTSCP",
     "so that RDTSCP and RDPID work in the guest"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_invpcid_mask, Need::with_invpcid, "enable INVPCID",
     "so that INVPCID works in the guest"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_xsaves_mask, Need::with_xsaves, "enable XSAVES/XRSTORS",
     "so that XSAVES works in the guest"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_user_wait_pause_mask, Need::with_waitpkg,
     "enable user wait and pause", "so that TPAUSE, UMONITOR and UMWAIT work in the guest"},
    {ControlGroup::secondary, arch::SecondaryControls::enable_pconfig_mask, Need::with_pconfig, "enable PCONFIG",
     "so that PCONFIG works in the guest"},
    {ControlGroup::exit, arch::ExitControls::save_debug_controls_mask, Need::always, "save debug controls",
     "so that VM exits lose neither DR7 nor IA32_DEBUGCTL"},
    {ControlGroup::exit, arch::ExitControls::host_address_space_size_mask, Need::always, "host address-space size",
     "so that root mode runs 64-bit code"},
    {ControlGroup::exit, arch::ExitControls::save_pat_mask, Need::always, "save IA32_PAT",
     "so that the guest's memory types survive a VM exit"},
    {ControlGroup::exit, arch::ExitControls::load_pat_mask, Need::always, "load IA32_PAT",
     "so that root mode has its own memory types"},
    {ControlGroup::exit, arch::ExitControls::save_efer_mask, Need::always, "save IA32_EFER",
     "so that the guest's mode survives a VM exit"},
    {ControlGroup::exit, arch::ExitControls::load_efer_mask, Need::always, "load IA32_EFER",
     "so that root mode runs with its own mode bits"},
    {ControlGroup::exit, arch::ExitControls::load_cet_state_mask, Need::with_cet, "load CET state",
     "so that root mode isn't held to the guest's shadow stack"},
    {ControlGroup::exit, arch::ExitControls::load_pkrs_mask, Need::with_pks, "load PKRS",
     "so that the guest's protection keys don't bind root mode"},
    {ControlGroup::entry, arch::EntryControls::load_debug_controls_mask, Need::always, "load debug controls",
     "so that VM exits lose neither DR7 nor IA32_DEBUGCTL"},
    {ControlGroup::entry, arch::EntryControls::ia32e_mode_guest_mask, Need::always, "IA-32e mode guest",
     "so that the running 64-bit system can be the guest"},
    {ControlGroup::entry, arch::EntryControls::load_pat_mask, Need::always, "load IA32_PAT",
     "so that the guest has its own memory types"},
    {ControlGroup::entry, arch::EntryControls::load_efer_mask, Need::always, "load IA32_EFER",
     "so that the guest has its own mode bits"},
    {ControlGroup::entry, arch::EntryControls::load_cet_state_mask, Need::with_cet, "load CET state",
     "so that the guest keeps its shadow stacks"},
    {ControlGroup::entry, arch::EntryControls::load_pkrs_mask, Need::with_pks, "load PKRS",
     "so that the guest keeps its protection keys"},
};

struct WantedControls {
    std::uint64_t required = 0;
    std::uint64_t optional = 0;
};

constexpr WantedControls wanted_controls(ControlGroup group, const arch::Capabilities& caps) {
    WantedControls wanted;
    for (const ControlWish& wish : control_wishes) {
        if (wish.group == group && applies(wish.need, caps)) {
            (wish.need == Need::if_offered ? wanted.optional : wanted.required) |= wish.mask;
        }
    }
    return wanted;
}

// The SDM's name of a control that Nadir wants; empty for others.
constexpr std::string_view control_name(ControlGroup group, unsigned position) {
    for (const ControlWish& wish : control_wishes) {
        if (wish.group == group && wish.position() == position) {
            return wish.name;
        }
    }
    return {};
}

} // namespace nadir::check
