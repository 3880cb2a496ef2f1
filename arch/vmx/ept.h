// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Extended page tables. [SDM3 "The Extended Page Table Mechanism (EPT)"]
// Index and size of a level: table_index, page_level_size in arch/paging.h.
#pragma once

#include "arch/memory_type.h"
#include "arch/paging.h"
#include "arch/register.h"

namespace nadir::arch {

// Points to a table, at levels 5 to 2. Reserved bits of an entry with all of read, write, execute clear are ignored.
struct EptTableEntry : Register<EptTableEntry, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(read, 0, "reads allowed")
    NADIR_BIT(write, 1, "writes allowed")
    NADIR_BIT(execute, 2, "fetches allowed (with mode-based execution: from supervisor addresses)")
    NADIR_FIELD(std::uint8_t, must_be_zero, 6, 3, "reserved, 0")
    NADIR_BIT(large, 7, "0 here: the entry points to a table")
    NADIR_BIT(accessed, 8, "accessed (with EPTP.accessed_dirty)")
    NADIR_BIT(user_execute, 10, "fetches from user addresses allowed (with mode-based execution)")
    NADIR_ADDRESS(address, 51, 12, "physical address of the table")
};

// Maps memory: 4 KiB at level 1, 2 MiB at level 2, 1 GiB at level 3.
struct EptLeaf : Register<EptLeaf, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    NADIR_BIT(read, 0, "reads allowed")
    NADIR_BIT(write, 1, "writes allowed")
    NADIR_BIT(execute, 2, "fetches allowed (with mode-based execution: from supervisor addresses)")
    NADIR_FIELD(MemoryType, memory_type, 5, 3, "EPT memory type")
    NADIR_BIT(ignore_pat, 6, "the guest's PAT doesn't count")
    NADIR_BIT(large, 7, "1 at levels 2 and 3; ignored at level 1")
    NADIR_BIT(accessed, 8, "accessed (with EPTP.accessed_dirty)")
    NADIR_BIT(dirty, 9, "written (with EPTP.accessed_dirty)")
    NADIR_BIT(user_execute, 10, "fetches from user addresses allowed (with mode-based execution)")
    NADIR_ADDRESS(address, 51, 12, "physical address of the page; the bits below its size are 0")
    NADIR_BIT(verify_guest_paging, 57, "the page must be reached through paging-write pages only")
    NADIR_BIT(paging_write, 58, "page walks may write although write is 0")
    NADIR_BIT(supervisor_shadow_stack, 60, "supervisor shadow-stack accesses allowed (with EPTP's enable)")
    NADIR_BIT(sub_page_write, 61, "write permission per 128 bytes (level 1)")
    NADIR_BIT(suppress_ve, 63, "violations are VM exits, never #VE")

    static constexpr EptLeaf make(std::uint64_t address, MemoryType type, unsigned level) {
        return EptLeaf{}
            .set_read(true)
            .set_write(true)
            .set_execute(true)
            .set_memory_type(type)
            .set_large(level > 1)
            .set_address(address);
    }
};

// Any entry, as long as it isn't known which of the two it is.
struct EptEntry : Register<EptEntry, std::uint64_t, Reserved::preserve> {
    NADIR_REGISTER
    constexpr EptEntry(EptTableEntry entry) : Register(entry.value) {}
    constexpr EptEntry(EptLeaf entry) : Register(entry.value) {}

    NADIR_BIT(read, 0, "reads allowed")
    NADIR_BIT(write, 1, "writes allowed")
    NADIR_BIT(execute, 2, "fetches allowed")
    NADIR_FIELD(MemoryType, memory_type, 5, 3, "EPT memory type (leaf)")
    NADIR_BIT(ignore_pat, 6, "the guest's PAT doesn't count (leaf)")
    NADIR_BIT(large, 7, "the entry maps a page (levels 2 and 3)")
    NADIR_BIT(accessed, 8, "accessed")
    NADIR_BIT(dirty, 9, "written (leaf)")
    NADIR_BIT(user_execute, 10, "fetches from user addresses allowed (with mode-based execution)")
    NADIR_ADDRESS(address, 51, 12, "physical address of the table or page")

    // Present in the manual's sense (without mode-based execution; with it, user_execute counts too).
    [[nodiscard]] constexpr bool present() const { return any(read_mask | write_mask | execute_mask); }
    [[nodiscard]] constexpr bool is_leaf(unsigned level) const { return level == 1 || large(); }
    [[nodiscard]] constexpr EptTableEntry table() const { return EptTableEntry{value}; }
    [[nodiscard]] constexpr EptLeaf leaf() const { return EptLeaf{value}; }
};

constexpr EptTableEntry make_ept_table_entry(std::uint64_t address) {
    return EptTableEntry{}.set_read(true).set_write(true).set_execute(true).set_address(address);
}

// Top of the hypervisor-managed paging structures.
struct HlatPointer : Register<HlatPointer, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_BIT(pwt, 3, "PAT index, bit 0")
    NADIR_BIT(pcd, 4, "PAT index, bit 1")
    NADIR_ADDRESS(address, 51, 12, "guest-physical address of the top table")
};

struct Eptp : Register<Eptp, std::uint64_t, Reserved::zero> {
    NADIR_REGISTER
    NADIR_FIELD(MemoryType, memory_type, 2, 0, "memory type of the EPT structures: UC or WB")
    NADIR_FIELD(std::uint8_t, walk_length_minus_one, 5, 3, "page-walk length minus 1: 3 or 4")
    NADIR_BIT(accessed_dirty, 6, "accessed and dirty flags are set")
    NADIR_BIT(supervisor_shadow_stack, 7, "access rights of supervisor shadow-stack pages are enforced")
    NADIR_ADDRESS(address, 51, 12, "physical address of the top table")

    [[nodiscard]] constexpr unsigned walk_length() const { return walk_length_minus_one() + 1u; }
};

} // namespace nadir::arch
