// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Activity state and interruptibility. [SDM3 "Checks on Guest Non-Register State"] Nothing here runs in SMM.
#include "check/entry/groups.h"
#include "check/entry/rules/segment.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
using arch::ActivityState;
using arch::Interruptibility;
using arch::InterruptionType;
namespace msr = arch::capability_msr;

ActivityState activity(const EntryContext& c) { return static_cast<ActivityState>(c.get(guest_activity_state)); }

// What may be injected into a state other than active.
bool wakes(const EntryContext& c) {
    const arch::InterruptionInformation event = c.injection();
    const bool machine_check = event.type() == InterruptionType::hardware_exception && event.vector() == 18;
    switch (activity(c)) {
    case ActivityState::active: return true;
    case ActivityState::hlt:
        return event.type() == InterruptionType::external || event.type() == InterruptionType::nmi || machine_check ||
               (event.type() == InterruptionType::hardware_exception && event.vector() == 1) ||
               (event.type() == InterruptionType::other_event && event.vector() == 0);
    case ActivityState::shutdown: return event.type() == InterruptionType::nmi || machine_check;
    case ActivityState::wait_for_sipi: return false;
    }
    return true; // not a state at all: another rule
}

bool injects(const EntryContext& c, InterruptionType type) {
    return c.injection().valid() && c.injection().type() == type;
}

constexpr EntryRule rules[] = {
    {"guest.activity.supported",
     "the activity state is one that IA32_VMX_MISC offers (active, HLT, shutdown, wait-for-SIPI)",
     "0 is active; ask IA32_VMX_MISC bits 8:6 for HLT, shutdown and wait-for-SIPI", fields(guest_activity_state),
     [](const EntryContext& c) {
         const arch::VmxMisc misc{c.msr(msr::vmx_misc)};
         const bool offered[] = {true, misc.activity_hlt(), misc.activity_shutdown(), misc.activity_wait_for_sipi()};
         const std::uint32_t state = c.get(guest_activity_state);
         return Breach::when(state > 3 || !offered[state]);
     }},
    {"guest.activity.hlt-cpl", "HLT needs CPL 0 (the DPL of SS)", "Only CPL 0 can halt: enter with activity state 0",
     fields(guest_activity_state, guest_ss_access_rights),
     [](const EntryContext& c) {
         return Breach::when(activity(c) == ActivityState::hlt && rights(c, Segment::ss).dpl() != 0);
     }},
    {"guest.activity.shadow", "blocking by STI or by MOV SS needs the active state",
     "Clear blocking by STI and by MOV SS, or enter with activity state 0",
     fields(guest_activity_state, guest_interruptibility),
     [](const EntryContext& c) {
         return Breach::when(activity(c) != ActivityState::active &&
                             c.get(guest_interruptibility).in_instruction_shadow());
     }},
    {"guest.activity.injection", "the injected event is one that the activity state can take",
     "An event wakes a halted guest: write activity state 0 when injecting",
     fields(guest_activity_state, entry_interruption_information),
     [](const EntryContext& c) { return Breach::when(c.injection().valid() && !wakes(c)); }},
    {"guest.interruptibility.reserved", "bits 31:5 of the interruptibility state are 0", "Bits 4:0 are defined",
     fields(guest_interruptibility),
     [](const EntryContext& c) { return Breach::of_bits(c.get(guest_interruptibility).value & 0xFFFF'FFE0u); }},
    {"guest.interruptibility.sti-or-mov-ss", "blocking by STI and by MOV SS exclude each other",
     "Keep one of them: MOV SS if the last instruction was one", fields(guest_interruptibility),
     [](const EntryContext& c) {
         const Interruptibility state = c.get(guest_interruptibility);
         return Breach::when(state.blocking_by_sti() && state.blocking_by_mov_ss());
     }},
    {"guest.interruptibility.sti-needs-if", "blocking by STI needs RFLAGS.IF",
     "Clear bit 0 when the guest's RFLAGS.IF is cleared", fields(guest_interruptibility, guest_rflags),
     [](const EntryContext& c) {
         return Breach::when(c.get(guest_interruptibility).blocking_by_sti() &&
                             !c.get(guest_rflags).interrupt_enable());
     }},
    {"guest.interruptibility.external", "no external interrupt is injected while STI or MOV SS blocks it",
     "Wait for the guest: \"interrupt-window exiting\"", fields(guest_interruptibility, entry_interruption_information),
     [](const EntryContext& c) {
         return Breach::when(injects(c, InterruptionType::external) &&
                             c.get(guest_interruptibility).in_instruction_shadow());
     }},
    {"guest.interruptibility.nmi-mov-ss", "no NMI is injected while MOV SS blocks it",
     "Ask for the NMI window and inject then", fields(guest_interruptibility, entry_interruption_information),
     [](const EntryContext& c) {
         return Breach::when(injects(c, InterruptionType::nmi) && c.get(guest_interruptibility).blocking_by_mov_ss());
     }},
    {"guest.interruptibility.smi", "outside SMM, blocking by SMI is 0",
     "Clear bit 2: some processors save it at exits that SIPIs cause", fields(guest_interruptibility),
     [](const EntryContext& c) {
         return Breach::of_bits(c.get(guest_interruptibility).value & Interruptibility::blocking_by_smi_mask);
     }},
    {"guest.interruptibility.nmi-virtual", "with \"virtual NMIs\", no NMI is injected while NMIs are blocked",
     "Ask for the NMI window and inject then",
     fields(guest_interruptibility, entry_interruption_information, pin_controls),
     [](const EntryContext& c) {
         return Breach::when(injects(c, InterruptionType::nmi) && c.pin().virtual_nmis() &&
                             c.get(guest_interruptibility).blocking_by_nmi());
     }},
    {"guest.interruptibility.enclave", "enclave interruption excludes blocking by MOV SS, and needs SGX",
     "Clear bit 4, or blocking by MOV SS", fields(guest_interruptibility),
     [](const EntryContext& c) {
         const Interruptibility state = c.get(guest_interruptibility);
         const bool sgx = (c.capabilities().leaf_7.ebx & 4) != 0;
         return Breach::when(state.enclave_interruption() && (state.blocking_by_mov_ss() || !sgx));
     }},
};

} // namespace

std::span<const EntryRule> guest_activity_rules() { return rules; }

} // namespace nadir::check
