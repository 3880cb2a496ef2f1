// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The VM-entry MSR-load list, which is processed after all other checks: the first entry that can't be loaded ends the
// entry with exit 34 and its number, counted from 1, in the exit qualification. [SDM3 "Loading MSRs"]
#include "arch/msr/efer.h"
#include "arch/msr/index.h"
#include "arch/msr/pat.h"
#include "arch/vmx/structures.h"
#include "check/entry/groups.h"
#include "check/entry/rules/register_values.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;
using arch::Msr;
using arch::MsrListEntry;

// Longer lists than the processor recommends have undefined results, and a dump may hold any number.
// [SDM3 "Miscellaneous Data"]
constexpr std::uint32_t longest_list = 4096;

using EntryTest = bool (*)(const EntryContext&, const MsrListEntry&);

template <EntryTest refused>
Breach first_refused(const EntryContext& c) {
    const std::uint32_t count = c.get(entry_msr_load_count);
    const std::uint64_t list = count != 0 ? c.get(entry_msr_load_address) : 0;
    for (std::uint32_t number = 1; number <= count && number <= longest_list; ++number) {
        MsrListEntry entry;
        if (!c.read_memory(list + (number - 1) * sizeof(entry), &entry, sizeof(entry))) {
            return {};
        }
        if (refused(c, entry)) {
            return Breach::of_msr({number, entry.index, entry.value});
        }
    }
    return {};
}

bool is_one_of(std::uint32_t index, std::initializer_list<Msr> list) {
    for (const Msr msr : list) {
        if (index == static_cast<std::uint32_t>(msr)) {
            return true;
        }
    }
    return false;
}

bool reserved_half(const EntryContext&, const MsrListEntry& entry) { return entry.reserved != 0; }

bool segment_base_msr(const EntryContext&, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_fs_base, Msr::ia32_gs_base});
}

bool x2apic_msr(const EntryContext&, const MsrListEntry& entry) { return entry.index >> 8 == 0x8; }

bool smm_msr(const EntryContext&, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_smm_monitor_ctl});
}

bool microcode_msr(const EntryContext&, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_bios_updt_trig, Msr::ia32_bios_sign_id});
}

bool read_only_msr(const EntryContext&, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_mtrrcap, Msr::ia32_arch_capabilities}) ||
           (entry.index >= arch::capability_msr::vmx_basic && entry.index <= arch::capability_msr::vmx_secondary_exit);
}

bool refused_efer(const EntryContext& c, const MsrListEntry& entry) {
    if (!is_one_of(entry.index, {Msr::ia32_efer})) {
        return false;
    }
    const arch::Efer efer{entry.value};
    // LMA is ignored; LME can't change while the guest's paging is on.
    return (entry.value & ~efer_bits(c)) != 0 || (c.get(guest_cr0).pg() && efer.lme() != c.ia32e());
}

bool refused_pat(const EntryContext&, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_pat}) && !arch::Pat{entry.value}.types_valid();
}

bool not_canonical(const EntryContext& c, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_lstar, Msr::ia32_cstar, Msr::ia32_kernel_gs_base, Msr::ia32_sysenter_esp,
                                   Msr::ia32_sysenter_eip, Msr::ia32_ds_area}) &&
           !c.canonical(entry.value);
}

bool upper_half_set(const EntryContext&, const MsrListEntry& entry) {
    return is_one_of(entry.index, {Msr::ia32_tsc_aux}) && entry.value >> 32 != 0;
}

constexpr std::string_view list_hint = "Take the entry out of the list";

constexpr EntryRule rules[] = {
    {"msr-load.reserved", "bits 63:32 of each entry of the VM-entry MSR-load list are 0",
     "An entry is a 32-bit index, 32 zero bits, and a 64-bit value",
     fields(entry_msr_load_address, entry_msr_load_count), &first_refused<&reserved_half>},
    {"msr-load.segment-base", "the VM-entry MSR-load list has neither IA32_FS_BASE nor IA32_GS_BASE",
     "The guest-state fields guest_fs_base and guest_gs_base are loaded anyway",
     fields(entry_msr_load_address, entry_msr_load_count), &first_refused<&segment_base_msr>},
    {"msr-load.x2apic", "the VM-entry MSR-load list has no MSR of the local APIC (800H to 8FFH)", list_hint,
     fields(entry_msr_load_address, entry_msr_load_count), &first_refused<&x2apic_msr>},
    {"msr-load.smm", "the VM-entry MSR-load list has no MSR that only SMM may write (IA32_SMM_MONITOR_CTL)", list_hint,
     fields(entry_msr_load_address, entry_msr_load_count), &first_refused<&smm_msr>},
    {"msr-load.microcode", "the VM-entry MSR-load list has no MSR of the microcode update", list_hint,
     fields(entry_msr_load_address, entry_msr_load_count), &first_refused<&microcode_msr>},
    {"msr-load.read-only", "the VM-entry MSR-load list has no MSR that can't be written", list_hint,
     fields(entry_msr_load_address, entry_msr_load_count), &first_refused<&read_only_msr>},
    {"msr-load.efer",
     "a value for IA32_EFER in the VM-entry MSR-load list has no reserved bit, and while the guest pages, its LME is that of "
     "\"IA-32e mode guest\"",
     "Use the control \"load IA32_EFER\" in place of the list, where the processor has it",
     fields(entry_msr_load_address, guest_cr0, entry_controls), &first_refused<&refused_efer>},
    {"msr-load.pat",
     "a value for IA32_PAT in the VM-entry MSR-load list has a memory type (0, 1, 4, 5, 6, 7) in each byte",
     "Write what RDMSR of IA32_PAT returned", fields(entry_msr_load_address, entry_msr_load_count),
     &first_refused<&refused_pat>},
    {"msr-load.canonical", "an address for an MSR in the VM-entry MSR-load list is canonical",
     "Sign-extend from bit 47 (56 with 5-level paging)", fields(entry_msr_load_address, entry_msr_load_count),
     &first_refused<&not_canonical>},
    {"msr-load.tsc-aux", "bits 63:32 of a value for IA32_TSC_AUX in the VM-entry MSR-load list are 0",
     "RDTSCP returns 32 bits of it", fields(entry_msr_load_address, entry_msr_load_count),
     &first_refused<&upper_half_set>},
};

} // namespace

std::span<const EntryRule> msr_load_rules() { return rules; }

} // namespace nadir::check
