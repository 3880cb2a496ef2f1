// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The conditions of waivers.txt, by name.
#include "tests/oracle/exclusions.h"
#include "tests/oracle/judge/waivers.h"

namespace nadir::oracle {

namespace {

using namespace arch;
using check::EntryRule;

bool unrestricted(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::primary_controls).activate_secondary() && v.get(vmcs::secondary_controls).unrestricted_guest();
}

bool pae(const Values& v, const Capabilities&, const EntryRule*) { return v.get(vmcs::guest_cr4).pae(); }

bool injects_reserved_other_event(const Values& v, const Capabilities& caps, const EntryRule*) {
    return !caps.primary().allows(PrimaryControls::monitor_trap_flag_mask) &&
           v.get(vmcs::entry_interruption_information).type() == InterruptionType::other_event;
}

bool injects_nmi_with_sti(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::entry_interruption_information).type() == InterruptionType::nmi &&
           v.get(vmcs::guest_interruptibility).blocking_by_sti();
}

bool in_hlt(const Values& v, const Capabilities&, const EntryRule*) { return v.get(vmcs::guest_activity_state) == 1; }

bool in_shutdown_with_vector_18(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::guest_activity_state) == 2 && v.get(vmcs::entry_interruption_information).vector() == 18;
}

bool bus_lock_pending(const Values& v, const Capabilities&, const EntryRule*) {
    return (v.get(vmcs::guest_pending_debug).value & 1u << 11) != 0;
}

bool rtm_pending(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::guest_pending_debug).rtm();
}

bool cr0_upper_bits(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::guest_cr0).value >> 32 != 0 && !v.get(vmcs::guest_cr0).pe();
}

// The rule's first field is a segment's access rights.
bool segment_type_11(const Values& v, const Capabilities&, const EntryRule* rule) {
    return rule != nullptr && (v[slot_of(rule->fields.encodings[0])] & 0xF) == 11;
}

bool null_ss_64(const Values& v, const Capabilities&, const EntryRule*) {
    return (v.get(vmcs::guest_ss_selector).value & ~3u) == 0 && v.get(vmcs::entry_controls).ia32e_mode_guest() &&
           v.get(vmcs::guest_cs_access_rights).l();
}

bool link_is_current(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::link_pointer) == layout::vmcs_region;
}

// The rule's fields are the list's address and count. With its size cut to 32 bits it would be fine.
bool list_of_4_gib(const Values& v, const Capabilities& caps, const EntryRule* rule) {
    if (rule == nullptr) {
        return false;
    }
    const std::uint64_t count = v[slot_of(rule->fields.encodings[1])];
    return count >= 0x1000'0000 && detail::list_acceptable(v[slot_of(rule->fields.encodings[0])], count,
                                                           base::low_mask(caps.physical_address_bits()));
}

// As the emulator judges it.
bool cs_rpl_suits(const Values& v, const Capabilities&, const EntryRule*) {
    const AccessRights cs = v.get(vmcs::guest_cs_access_rights);
    const std::uint8_t rpl = v.get(vmcs::guest_cs_selector).rpl();
    return cs.type() >= 12 ? rpl >= cs.dpl() : rpl == cs.dpl();
}

bool no_x2apic(const Values&, const Capabilities& caps, const EntryRule*) { return (caps.leaf_1.ecx >> 21 & 1) == 0; }

bool cet(const Values&, const Capabilities& caps, const EntryRule*) { return caps.cet_ss() || caps.cet_ibt(); }

bool ia32e_guest(const Values& v, const Capabilities&, const EntryRule*) {
    return v.get(vmcs::entry_controls).ia32e_mode_guest();
}

bool not_ia32e_guest(const Values& v, const Capabilities& caps, const EntryRule* rule) {
    return !ia32e_guest(v, caps, rule);
}

bool ssp_canonical(const Values& v, const Capabilities& caps, const EntryRule*) {
    return base::is_canonical(v.get(vmcs::guest_ssp), caps.linear_address_bits());
}

bool ssp_upper_bits_equal(const Values& v, const Capabilities& caps, const EntryRule*) {
    const std::uint64_t upper = v.get(vmcs::guest_ssp) >> caps.linear_address_bits();
    return upper == 0 || upper == base::low_mask(64 - caps.linear_address_bits());
}

bool no_host_cet(const Values& v, const Capabilities&, const EntryRule*) {
    return !v.get(vmcs::exit_controls).load_cet_state();
}

struct Named {
    std::string_view name;
    Condition holds;
};

constexpr Named conditions[] = {
    {"unrestricted guest", &unrestricted},
    {"CR4.PAE is 1", &pae},
    {"type 7 without a monitor trap flag", &injects_reserved_other_event},
    {"an NMI is injected while STI blocks", &injects_nmi_with_sti},
    {"HLT", &in_hlt},
    {"shutdown and vector 18", &in_shutdown_with_vector_18},
    {"bit 11 is pending", &bus_lock_pending},
    {"bit 16 is pending", &rtm_pending},
    {"CR0 bits above 31 without PE", &cr0_upper_bits},
    {"the segment has type 11", &segment_type_11},
    {"SS is null in 64-bit mode", &null_ss_64},
    {"the link pointer is the current VMCS", &link_is_current},
    {"the size cut to 32 bits would be fine", &list_of_4_gib},
    {"the RPL of CS suits its DPL", &cs_rpl_suits},
    {"no x2APIC", &no_x2apic},
    {"CET", &cet},
    {"IA-32e mode guest", &ia32e_guest},
    {"not IA-32e mode guest", &not_ia32e_guest},
    {"SSP is canonical", &ssp_canonical},
    {"the upper bits of SSP are the same", &ssp_upper_bits_equal},
    {"the exit loads no CET state", &no_host_cet},
};

} // namespace

Condition find_condition(std::string_view name) {
    for (const Named& condition : conditions) {
        if (condition.name == name) {
            return condition.holds;
        }
    }
    return nullptr;
}

} // namespace nadir::oracle
