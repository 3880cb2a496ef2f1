// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Pending debug exceptions and the VMCS link pointer. [SDM3 "Checks on Guest Non-Register State"]
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

constexpr std::uint64_t no_link = ~std::uint64_t{0};

// Is the next #DB held back, so that BS has to agree with TF?
bool held_back(const EntryContext& c) {
    return c.get(guest_interruptibility).in_instruction_shadow() ||
           static_cast<arch::ActivityState>(c.get(guest_activity_state)) == arch::ActivityState::hlt;
}

bool single_step(const EntryContext& c) { return c.get(guest_rflags).tf() && !c.get(guest_debugctl).btf(); }

constexpr EntryRule rules[] = {
    {"guest.pending-debug.reserved", "bits 10:4, 13, 15 and 63:17 of the pending debug exceptions are 0",
     "Bits 3:0, 11, 12, 14 and 16 are defined", fields(guest_pending_debug),
     [](const EntryContext& c) {
         return Breach::of_bits(c.get(guest_pending_debug).value & (~base::low_mask(17) | 0xA7F0));
     }},
    {"guest.pending-debug.bs-missing",
     "while STI or MOV SS blocks or the guest is halted, single-stepping (RFLAGS.TF without BTF) has BS pending",
     "After emulating an instruction with TF = 1, set BS",
     fields(guest_pending_debug, guest_rflags, guest_debugctl, guest_interruptibility, guest_activity_state),
     [](const EntryContext& c) {
         return Breach::when(held_back(c) && single_step(c) && !c.get(guest_pending_debug).bs());
     }},
    {"guest.pending-debug.bs-unwanted",
     "while STI or MOV SS blocks or the guest is halted, BS is pending only when single-stepping (RFLAGS.TF without BTF)",
     "Clear bit 14 unless the guest single-steps (TF set, DEBUGCTL.BTF clear)",
     fields(guest_pending_debug, guest_rflags, guest_debugctl, guest_interruptibility, guest_activity_state),
     [](const EntryContext& c) {
         return Breach::when(held_back(c) && !single_step(c) && c.get(guest_pending_debug).bs());
     }},
    {"guest.pending-debug.rtm",
     "a pending debug exception of an RTM region has bit 12 and no other, no blocking by MOV SS, and a processor with RTM",
     "Bit 16 goes with bit 12 alone, on a processor with RTM", fields(guest_pending_debug, guest_interruptibility),
     [](const EntryContext& c) {
         const arch::PendingDebugExceptions pending = c.get(guest_pending_debug);
         const bool rtm = (c.capabilities().leaf_7.ebx & (1u << 11)) != 0;
         return Breach::when(pending.rtm() && (!rtm || (pending.value & 0xEFFF) != 0 || !pending.enabled_breakpoint() ||
                                               c.get(guest_interruptibility).blocking_by_mov_ss()));
     }},
    {"guest.link-pointer.address", "a VMCS link pointer is page-aligned and within the physical-address width",
     "Without VMCS shadowing it has to be FFFFFFFFFFFFFFFFH: both halves written", fields(link_pointer),
     [](const EntryContext& c) {
         const std::uint64_t pointer = c.get(link_pointer);
         return Breach::of_bits(pointer == no_link ? 0 : c.bad_physical_bits(pointer, 12));
     },
     EntryQualification::link_pointer},
    {"guest.link-pointer.revision",
     "the VMCS behind the link pointer has this processor's revision identifier, and its shadow indicator equals \"VMCS shadowing\"",
     "Without VMCS shadowing it has to be FFFFFFFFFFFFFFFFH: both halves written",
     fields(link_pointer, secondary_controls),
     [](const EntryContext& c) {
         const std::uint64_t pointer = c.get(link_pointer);
         std::uint32_t first = 0;
         if (pointer == no_link || c.bad_physical_bits(pointer, 12) != 0 ||
             !c.read_memory(pointer, &first, sizeof(first))) {
             return Breach{};
         }
         return Breach::when((first & 0x7FFF'FFFF) != arch::VmxBasic{c.msr(msr::vmx_basic)}.revision_identifier() ||
                             (first >> 31 != 0) != c.secondary().vmcs_shadowing());
     },
     EntryQualification::link_pointer},
};

} // namespace

std::span<const EntryRule> guest_debug_and_link_rules() { return rules; }

} // namespace nadir::check
