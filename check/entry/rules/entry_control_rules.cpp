// SPDX-License-Identifier: MIT OR GPL-2.0-only
// VM-entry controls without event injection. [SDM3 "VM-Entry Control Fields"] Nothing here runs in SMM.
#include "check/entry/groups.h"
#include "check/entry/rules/msr_list.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

constexpr EntryRule rules[] = {
    {"entry-control.reserved", "each VM-entry control has a setting that IA32_VMX_(TRUE_)ENTRY_CTLS allows",
     "Adjust the value by the capability MSR: set its allowed 0-settings, clear what its allowed 1-settings lack",
     fields(entry_controls),
     [](const EntryContext& c) {
         const bool true_controls = arch::VmxBasic{c.msr(msr::vmx_basic)}.true_controls();
         const std::uint64_t allowed = c.msr(true_controls ? msr::vmx_true_entry : msr::vmx_entry);
         const std::uint64_t value = c.entry().value;
         return Breach::of_bits((allowed & 0xFFFF'FFFF & ~value) | (value & ~(allowed >> 32)));
     }},
    {"entry-control.msr-load-list",
     "the VM-entry MSR-load list is 16-byte aligned and lies within the physical-address width", msr_list_hint,
     fields(entry_msr_load_address, entry_msr_load_count),
     [](const EntryContext& c) { return msr_list(c, entry_msr_load_address, entry_msr_load_count); }},
    {"entry-control.smm", "outside SMM, \"entry to SMM\" and \"deactivate dual-monitor treatment\" are 0",
     "Clear bits 10 and 11: only the SMM-transfer monitor sets them", fields(entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().value & (arch::EntryControls::entry_to_smm_mask |
                                                   arch::EntryControls::deactivate_dual_monitor_mask));
     }},
};

} // namespace

std::span<const EntryRule> entry_control_rules() { return rules; }

} // namespace nadir::check
