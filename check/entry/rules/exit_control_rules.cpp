// SPDX-License-Identifier: MIT OR GPL-2.0-only
// VM-exit controls and their MSR lists. [SDM3 "VM-Exit Control Fields"]
#include "check/entry/groups.h"
#include "check/entry/rules/msr_list.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

constexpr EntryRule rules[] = {
    {"exit-control.reserved", "each VM-exit control has a setting that IA32_VMX_(TRUE_)EXIT_CTLS allows",
     "Adjust the value by the capability MSR: set its allowed 0-settings, clear what its allowed 1-settings lack",
     fields(exit_controls),
     [](const EntryContext& c) {
         const bool true_controls = arch::VmxBasic{c.msr(msr::vmx_basic)}.true_controls();
         const std::uint64_t allowed = c.msr(true_controls ? msr::vmx_true_exit : msr::vmx_exit);
         const std::uint64_t value = c.exit().value;
         return Breach::of_bits((allowed & 0xFFFF'FFFF & ~value) | (value & ~(allowed >> 32)));
     }},
    {"exit-control.secondary.reserved", "each secondary VM-exit control that is 1 is allowed by IA32_VMX_EXIT_CTLS2",
     "Keep the bits that IA32_VMX_EXIT_CTLS2 has", fields(secondary_exit_controls, exit_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.exit().activate_secondary_exit_controls()
                                    ? c.secondary_exit().value & ~c.msr(msr::vmx_secondary_exit)
                                    : 0);
     }},
    {"exit-control.save-timer-needs-timer",
     "\"save VMX-preemption timer value\" needs \"activate VMX-preemption timer\"",
     "Set bit 6 of the pin-based controls, or clear bit 22 of the exit controls", fields(exit_controls, pin_controls),
     [](const EntryContext& c) {
         return Breach::when(c.exit().save_preemption_timer() && !c.pin().preemption_timer());
     }},
    {"exit-control.msr-store-list",
     "the VM-exit MSR-store list is 16-byte aligned and lies within the physical-address width", msr_list_hint,
     fields(exit_msr_store_address, exit_msr_store_count),
     [](const EntryContext& c) { return msr_list(c, exit_msr_store_address, exit_msr_store_count); }},
    {"exit-control.msr-load-list",
     "the VM-exit MSR-load list is 16-byte aligned and lies within the physical-address width", msr_list_hint,
     fields(exit_msr_load_address, exit_msr_load_count),
     [](const EntryContext& c) { return msr_list(c, exit_msr_load_address, exit_msr_load_count); }},
};

} // namespace

std::span<const EntryRule> exit_control_rules() { return rules; }

} // namespace nadir::check
