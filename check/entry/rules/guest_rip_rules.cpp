// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks on Guest RIP, RFLAGS, and SSP"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

// The manual asks for equal bits 63:N only, N being the number of linear-address bits: bit N-1 doesn't count.
bool upper_bits_differ(const EntryContext& c, std::uint64_t address) {
    const unsigned bits = c.capabilities().linear_address_bits();
    const std::uint64_t upper = address >> bits;
    return bits < 64 && upper != 0 && upper != base::low_mask(64 - bits);
}

constexpr EntryRule rules[] = {
    {"guest.rip.32", "outside 64-bit mode, bits 63:32 of RIP are 0",
     "An instruction pointer that was advanced past 4 GiB has to wrap",
     fields(guest_rip, guest_cs_access_rights, entry_controls),
     [](const EntryContext& c) { return Breach::of_bits(c.code_64() ? 0 : c.get(guest_rip) & ~base::low_mask(32)); }},
    {"guest.rip.64", "in 64-bit mode, bits of RIP beyond the linear-address width are all equal",
     "Sign-extend from bit 47 (56 with 5-level paging); is it a physical address, or cut to 32 bits?",
     fields(guest_rip, guest_cs_access_rights, entry_controls),
     [](const EntryContext& c) { return Breach::when(c.code_64() && upper_bits_differ(c, c.get(guest_rip))); }},
    {"guest.rflags.reserved", "bits 63:22, 15, 5 and 3 of RFLAGS are 0, and bit 1 is 1",
     "An RFLAGS of 0 is invalid: write 2", fields(guest_rflags),
     [](const EntryContext& c) {
         const std::uint64_t value = c.get(guest_rflags).value;
         return Breach::of_bits((value & (~base::low_mask(22) | 0x8028)) | (~value & 2));
     }},
    {"guest.rflags.vm", "RFLAGS.VM is 0 in IA-32e mode and without CR0.PE",
     "Clear VM: virtual-8086 mode exists only with CR0.PE and outside IA-32e mode",
     fields(guest_rflags, entry_controls, guest_cr0),
     [](const EntryContext& c) { return Breach::when(c.virtual_8086() && (c.ia32e() || !c.get(guest_cr0).pe())); }},
    {"guest.rflags.if", "RFLAGS.IF is 1 where an external interrupt is injected",
     "Wait for the guest: \"interrupt-window exiting\"", fields(guest_rflags, entry_interruption_information),
     [](const EntryContext& c) {
         return Breach::when(c.injection().valid() && c.injection().type() == arch::InterruptionType::external &&
                             !c.get(guest_rflags).interrupt_enable());
     }},
    {"guest.ssp.alignment", "SSP is 4-byte aligned", "Round the shadow-stack pointer down to 4 bytes",
     fields(guest_ssp, entry_controls),
     [](const EntryContext& c) { return Breach::of_bits(c.entry().load_cet_state() ? c.get(guest_ssp) & 3 : 0); }},
    {"guest.ssp.32", "outside 64-bit mode, bits 63:32 of SSP are 0",
     "Outside 64-bit mode a shadow-stack pointer has 32 bits", fields(guest_ssp, entry_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.entry().load_cet_state() && !c.code_64() ? c.get(guest_ssp) & ~base::low_mask(32)
                                                                           : 0);
     }},
    {"guest.ssp.64", "in 64-bit mode, bits of SSP beyond the linear-address width are all equal",
     "Write what the guest's SSP was; 0 where shadow stacks aren't used", fields(guest_ssp, entry_controls),
     [](const EntryContext& c) {
         return Breach::when(c.entry().load_cet_state() && c.code_64() && upper_bits_differ(c, c.get(guest_ssp)));
     }},
};

} // namespace

std::span<const EntryRule> guest_rip_rules() { return rules; }

} // namespace nadir::check
