// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// 4-level and 5-level paging, and PAE's top level. [SDM3 "4-Level Paging and 5-Level Paging"], [SDM3 "PAE Paging"]
#pragma once

#include "arch/register.h"

namespace nadir::arch {

inline constexpr std::uint64_t page_size_4k = 0x1000;
inline constexpr std::uint64_t page_size_2m = 0x200000;
inline constexpr std::uint64_t page_size_1g = 0x40000000;
inline constexpr unsigned entries_per_table = 512;

// Levels are numbered as usual: 1 is the page table, 2 the page directory, 3 the PDPT, 4 the PML4, 5 the PML5.
constexpr unsigned page_level_shift(unsigned level) { return 12 + 9 * (level - 1); }
// Bytes that one entry of that level covers.
constexpr std::uint64_t page_level_size(unsigned level) { return std::uint64_t{1} << page_level_shift(level); }
constexpr unsigned table_index(std::uint64_t address, unsigned level) {
    return static_cast<unsigned>((address >> page_level_shift(level)) & (entries_per_table - 1));
}

// Points to a table, at levels 5 to 2.
struct PageTableEntry : Register<PageTableEntry, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(present, 0, "present")
    NADIR_BIT(writable, 1, "writes allowed")
    NADIR_BIT(user, 2, "user-mode accesses allowed")
    NADIR_BIT(pwt, 3, "PAT index, bit 0")
    NADIR_BIT(pcd, 4, "PAT index, bit 1")
    NADIR_BIT(accessed, 5, "accessed")
    NADIR_BIT(large, 7, "0 here: the entry points to a table")
    NADIR_BIT(restart_hlat, 11, "restart without hypervisor-managed translation")
    NADIR_ADDRESS(address, 51, 12, "physical address of the table")
    NADIR_BIT(execute_disable, 63, "no instruction fetches (with EFER.NXE)")
};

// Maps a 4-KiB page, at level 1.
struct Page4k : Register<Page4k, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(present, 0, "present")
    NADIR_BIT(writable, 1, "writes allowed")
    NADIR_BIT(user, 2, "user-mode accesses allowed")
    NADIR_BIT(pwt, 3, "PAT index, bit 0")
    NADIR_BIT(pcd, 4, "PAT index, bit 1")
    NADIR_BIT(accessed, 5, "accessed")
    NADIR_BIT(dirty, 6, "written")
    NADIR_BIT(pat, 7, "PAT index, bit 2")
    NADIR_BIT(global, 8, "kept across CR3 loads (with CR4.PGE)")
    NADIR_BIT(restart_hlat, 11, "restart without hypervisor-managed translation")
    NADIR_ADDRESS(address, 51, 12, "physical address of the page")
    NADIR_FIELD(std::uint8_t, protection_key, 62, 59, "protection key")
    NADIR_BIT(execute_disable, 63, "no instruction fetches (with EFER.NXE)")

    [[nodiscard]] constexpr unsigned pat_index() const {
        return (pwt() ? 1u : 0u) | (pcd() ? 2u : 0u) | (pat() ? 4u : 0u);
    }
};

// Maps a 2-MiB page at level 2 or a 1-GiB page at level 3. Of the address, bits below the page's size are reserved.
struct PageLarge : Register<PageLarge, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(present, 0, "present")
    NADIR_BIT(writable, 1, "writes allowed")
    NADIR_BIT(user, 2, "user-mode accesses allowed")
    NADIR_BIT(pwt, 3, "PAT index, bit 0")
    NADIR_BIT(pcd, 4, "PAT index, bit 1")
    NADIR_BIT(accessed, 5, "accessed")
    NADIR_BIT(dirty, 6, "written")
    NADIR_BIT(large, 7, "1: the entry maps a page")
    NADIR_BIT(global, 8, "kept across CR3 loads (with CR4.PGE)")
    NADIR_BIT(restart_hlat, 11, "restart without hypervisor-managed translation")
    NADIR_BIT(pat, 12, "PAT index, bit 2")
    NADIR_ADDRESS(address, 51, 21, "physical address of the page")
    NADIR_FIELD(std::uint8_t, protection_key, 62, 59, "protection key")
    NADIR_BIT(execute_disable, 63, "no instruction fetches (with EFER.NXE)")

    [[nodiscard]] constexpr unsigned pat_index() const {
        return (pwt() ? 1u : 0u) | (pcd() ? 2u : 0u) | (pat() ? 4u : 0u);
    }
};

// The four entries that PAE paging loads with CR3. Bits above the physical address width are reserved too.
struct PaePdpte : Register<PaePdpte, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(present, 0, "present; when 0 the rest is ignored")
    NADIR_BIT(pwt, 3, "PAT index, bit 0")
    NADIR_BIT(pcd, 4, "PAT index, bit 1")
    NADIR_FIELD(std::uint8_t, ignored, 11, 9, "for software")
    NADIR_ADDRESS(address, 51, 12, "physical address of the page directory")
};

} // namespace nadir::arch
