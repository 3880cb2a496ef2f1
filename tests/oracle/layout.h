// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Where things lie in the guest program's physical memory, and what they hold: the judge must know what a rule finds
// behind an address (PDPTEs, the VMCS behind the link pointer, MSR lists). fill_arena() runs in both.
#pragma once

#include "arch/capabilities.h"

#include <cstdint>

namespace nadir::oracle::layout {

inline constexpr std::uint64_t arena = 0x100'0000; // far from the program, the BIOS and the loader
inline constexpr unsigned pages = 48;
constexpr std::uint64_t page(unsigned number) { return arena + std::uint64_t{number} * 0x1000; }

inline constexpr std::uint64_t vmxon_region = page(0);
inline constexpr std::uint64_t vmcs_region = page(1);
inline constexpr unsigned processors_own_pages = 2; // what these hold is the processor's business
inline constexpr std::uint64_t linked_vmcs = page(2);
inline constexpr std::uint64_t linked_shadow_vmcs = page(3);
inline constexpr std::uint64_t linked_stranger = page(4);
inline constexpr std::uint64_t msr_bitmap = page(5);
inline constexpr std::uint64_t io_bitmap_a = page(6);
inline constexpr std::uint64_t io_bitmap_b = page(7);
inline constexpr std::uint64_t virtual_apic = page(8); // its TPR is 50H
inline constexpr std::uint64_t apic_access = page(9);
inline constexpr std::uint64_t vmread_bitmap = page(10);
inline constexpr std::uint64_t vmwrite_bitmap = page(11);
inline constexpr std::uint64_t ve_information = page(12);
inline constexpr std::uint64_t pml = page(13);
inline constexpr std::uint64_t eptp_list = page(14);
inline constexpr std::uint64_t posted_interrupts = page(15);
inline constexpr std::uint64_t entry_list = page(16);      // entries that refuse, see sentinel_msr
inline constexpr std::uint64_t entry_list_real = page(17); // three good entries, then such
inline constexpr std::uint64_t exit_list = page(18);       // good entries
inline constexpr std::uint64_t ept_pml4 = page(20);
inline constexpr std::uint64_t ept_pdpt = page(21);
inline constexpr std::uint64_t ept_pd = page(22);
inline constexpr std::uint64_t host_pml4 = page(24);
inline constexpr std::uint64_t host_pdpt = page(25);
inline constexpr std::uint64_t host_pd = page(26);
inline constexpr std::uint64_t host_pt = page(27);
inline constexpr std::uint64_t alias_pdpt = page(28);
inline constexpr std::uint64_t alias_pd = page(29);
inline constexpr std::uint64_t alias_pt = page(30);
inline constexpr std::uint64_t trampoline = page(31);
inline constexpr std::uint64_t guest_pml4 = page(32);
inline constexpr std::uint64_t guest_pdpt = page(33);
inline constexpr std::uint64_t guest_pd = page(34);
inline constexpr std::uint64_t pae_pdpt = page(35);
inline constexpr std::uint64_t legacy_pd = page(36);
inline constexpr std::uint64_t guest_code = page(37); // UD2 all over
inline constexpr std::uint64_t sub_page_table = page(38);
inline constexpr std::uint64_t low_code = 0x9000; // the same below 1 MiB, for real mode

// Outside the first GiB every linear page of the host is the trampoline, so that the host's RIP may be mutated and the
// VM exit still comes back. Few NOPs lie between here and the jump at its end.
inline constexpr std::uint64_t host_rip = 0x2AAA'AAAA'AFC0;
inline constexpr unsigned trampoline_jump = 0xFE0;

// An entry of the VM-entry MSR-load list that no processor accepts: IA32_FS_BASE. [SDM3 "Loading MSRs"]
inline constexpr std::uint64_t sentinel_msr = 0xC000'0100;
inline constexpr std::uint64_t sysenter_cs_msr = 0x174;
inline constexpr std::uint64_t pat_msr = 0x277;
inline constexpr std::uint64_t kernel_gs_base_msr = 0xC000'0102;
inline constexpr std::uint64_t initial_pat = 0x0007'0406'0007'0406;

inline constexpr unsigned good_entries = 3;
inline constexpr unsigned entries_per_page = 256;

// `memory`: where the arena can be written, now.
inline void fill_arena(std::uint64_t* memory, const arch::Capabilities& caps) {
    for (unsigned i = 0; i < pages * 512; ++i) {
        memory[i] = 0;
    }
    const auto at = [memory](std::uint64_t address) { return memory + (address - arena) / 8; };
    const std::uint64_t revision = caps.vmcs_revision();
    *at(vmxon_region) = revision;
    *at(vmcs_region) = revision;
    *at(linked_vmcs) = revision;
    *at(linked_shadow_vmcs) = revision | 1u << 31;
    *at(linked_stranger) = revision ^ 1;
    at(virtual_apic)[0x80 / 8] = 0x50;

    for (unsigned i = 0; i < entries_per_page; ++i) {
        at(entry_list)[2 * i] = sentinel_msr;
        at(entry_list_real)[2 * i] = sentinel_msr;
        at(exit_list)[2 * i] = sysenter_cs_msr;
    }
    at(entry_list_real)[0] = sysenter_cs_msr;
    at(entry_list_real)[1] = 0x8;
    at(entry_list_real)[2] = pat_msr;
    at(entry_list_real)[3] = initial_pat;
    at(entry_list_real)[4] = kernel_gs_base_msr;
    at(entry_list_real)[5] = 0xFFFF'8000'0000'1000;

    *at(ept_pml4) = ept_pdpt | 7;
    *at(ept_pdpt) = ept_pd | 7;
    *at(host_pml4) = host_pdpt | 3;
    *at(host_pdpt) = host_pd | 3;
    *at(host_pd) = host_pt | 3;
    *at(guest_pml4) = guest_pdpt | 7;
    *at(guest_pdpt) = guest_pd | 7;
    for (unsigned i = 0; i < 512; ++i) {
        const std::uint64_t two_mib = std::uint64_t{i} << 21;
        at(ept_pd)[i] = two_mib | 0xB7;   // write-back, 2 MiB, all access
        at(guest_pd)[i] = two_mib | 0xE7; // user
        at(alias_pdpt)[i] = alias_pd | 3;
        at(alias_pd)[i] = alias_pt | 3;
        at(alias_pt)[i] = trampoline | 3;
        at(host_pt)[i] = i < 256 ? trampoline | 3 : (std::uint64_t{i} << 12 | 3);
        if (i != 0) {
            at(host_pml4)[i] = alias_pdpt | 3;
            at(host_pdpt)[i] = alias_pd | 3;
            at(host_pd)[i] = two_mib | 0x83;
        }
        at(guest_code)[i] = 0x0B0F'0B0F'0B0F'0B0F;
        at(trampoline)[i] = 0x9090'9090'9090'9090; // NOPs; the program adds the jump
    }
    for (unsigned i = 0; i < 4; ++i) {
        at(pae_pdpt)[i] = guest_pd | 1;
    }
    for (unsigned i = 0; i < 128; ++i) { // 32-bit entries of 4 MiB, two at once
        const std::uint64_t first = (std::uint64_t{2} * i << 22) | 0xE7;
        at(legacy_pd)[i] = first | (first + (1u << 22)) << 32;
    }
}

} // namespace nadir::oracle::layout
