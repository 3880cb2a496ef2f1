// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Guest MSRs that newer processors load on VM entry. [SDM3 "Checks on Guest Control Registers, Debug Registers, and MSRs"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

constexpr EntryRule rules[] = {
    {"guest.rtit-ctl", "with \"load IA32_RTIT_CTL\", the field sets no reserved bit",
     "Write what RDMSR of IA32_RTIT_CTL returned", fields(guest_rtit_ctl, entry_controls),
     // Which of the others this processor has, CPUID leaf 14H says, which the capabilities don't hold.
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_rtit_ctl() ? c.get(guest_rtit_ctl).value & arch::RtitCtl::reserved_mask
                                                          : 0);
     }},
    {"guest.lbr-ctl", "with \"load guest IA32_LBR_CTL\", the field sets no reserved bit",
     "Write what RDMSR of IA32_LBR_CTL returned", fields(guest_lbr_ctl, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(
             c.entry().load_guest_lbr_ctl() ? c.get(guest_lbr_ctl).value & arch::LbrCtl::reserved_mask : 0);
     }},
    {"guest.uinv", "with \"load UINV\", bits 15:8 of the guest's user-interrupt notification vector are 0",
     "The field holds a vector, 0 to 255", fields(guest_uinv, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_uinv() ? c.raw(guest_uinv.encoding) & 0xFF00u : 0);
     }},
};

} // namespace

std::span<const EntryRule> guest_optional_msr_rules() { return rules; }

} // namespace nadir::check
