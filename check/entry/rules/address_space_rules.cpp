// SPDX-License-Identifier: MIT OR GPL-2.0-only
// [SDM3 "Checks Related to Address-Space Size"] EFER.LMA at VM entry is that of the processor's EFER, where it is known.
#include "check/entry/groups.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
namespace msr = arch::capability_msr;

constexpr EntryRule rules[] = {
    {"address-space.root-not-64-bit",
     "outside IA-32e mode, neither \"IA-32e mode guest\" nor \"host address-space size\" is 1",
     "A hypervisor in 32-bit mode can have neither: switch to 64-bit mode before VMXON",
     fields(exit_controls, entry_controls),
     [](const EntryContext& c) {
         return Breach::when(!arch::Efer{c.msr(msr::efer)}.lma() && (c.ia32e() || c.exit().host_address_space_size()));
     }},
    {"address-space.root-64-bit", "in IA-32e mode, \"host address-space size\" is 1",
     "Set bit 9 of the VM-exit controls: exits lead to 64-bit code", fields(exit_controls),
     [](const EntryContext& c) {
         return Breach::when(arch::Efer{c.msr(msr::efer)}.lma() && !c.exit().host_address_space_size());
     }},
    {"address-space.guest-needs-host", "\"IA-32e mode guest\" needs \"host address-space size\"",
     "Set bit 9 of the VM-exit controls, too", fields(entry_controls, exit_controls),
     [](const EntryContext& c) { return Breach::when(c.ia32e() && !c.exit().host_address_space_size()); }},
    {"address-space.host-pcide", "without \"host address-space size\", CR4.PCIDE is 0 in the host's state",
     "Set bit 9 of the VM-exit controls, if the host is in 64-bit mode", fields(host_cr4, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(!c.exit().host_address_space_size() && c.get(host_cr4).pcide());
     }},
    {"address-space.host-rip-32", "without \"host address-space size\", bits 63:32 of the host's RIP are 0",
     "Set bit 9 of the VM-exit controls, if the host is in 64-bit mode", fields(host_rip, exit_controls),
     [](const EntryContext& c) {
         return Breach::of_bits(c.exit().host_address_space_size() ? 0 : c.get(host_rip) & ~base::low_mask(32));
     }},
    {"address-space.host-pae", "with \"host address-space size\", CR4.PAE is 1 in the host's state",
     "Write the present CR4 into the field", fields(host_cr4, exit_controls),
     [](const EntryContext& c) { return Breach::when(c.exit().host_address_space_size() && !c.get(host_cr4).pae()); }},
    {"address-space.host-rip-64", "with \"host address-space size\", the host's RIP is canonical",
     "Write the linear address of the exit handler, sign-extended from bit 47 (56 with 5-level paging)",
     fields(host_rip, exit_controls),
     [](const EntryContext& c) {
         return Breach::when(c.exit().host_address_space_size() && !c.canonical(c.get(host_rip)));
     }},
};

} // namespace

std::span<const EntryRule> address_space_rules() { return rules; }

} // namespace nadir::check
