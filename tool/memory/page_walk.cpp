// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/page_walk.h"

#include "arch/control_registers.h"
#include "arch/msr/efer.h"
#include "arch/paging.h"
#include "tool/report.h"

#include <cstring>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

using arch::PageTableEntry;

// Why a processor wouldn't translate by these tables at all; empty: it does.
std::string refuse_mode(const nadir_address_space& space) {
    if (!arch::Cr0{space.cr0}.pg()) {
        return "paging is off (CR0.PG is 0): a linear address is the physical one";
    }
    if (!arch::Efer{space.efer}.lma()) {
        return "this is no 64-bit system (IA32_EFER.LMA is 0), and only 4-level and 5-level paging are shown";
    }
    return {};
}

bool is_canonical(std::uint64_t linear, unsigned levels) {
    const unsigned bits = arch::page_level_shift(levels + 1);
    const auto extended = static_cast<std::uint64_t>(static_cast<std::int64_t>(linear << (64 - bits)) >> (64 - bits));
    return extended == linear;
}

// Bits that must be 0 in this entry and aren't. [SDM3 "Reserved-Bit Page Faults"... in "4-Level Paging and 5-Level Paging"]
std::uint64_t reserved_bits(const nadir_address_space& space, const WalkStep& step) {
    std::uint64_t reserved = ~((std::uint64_t{1} << space.physical_bits) - 1) & PageTableEntry::address_mask;
    if (!arch::Efer{space.efer}.nxe()) {
        reserved |= PageTableEntry::execute_disable_mask;
    }
    if (step.level > 3 || (step.level == 3 && space.large_1g == 0)) {
        reserved |= PageTableEntry::large_mask;
    }
    if (step.leaf && step.level > 1) {
        reserved |= (arch::page_level_size(step.level) - 1) & PageTableEntry::address_mask & ~arch::PageLarge::pat_mask;
    }
    return step.entry & reserved;
}

std::string why_not_present(std::uint64_t entry) {
    return entry == 0
               ? "the entry is not present (P is 0), and empty: nothing is mapped here, an access is a page fault (#PF)"
               : "the entry is not present (P is 0): an access is a page fault (#PF). It isn't empty, so the system has "
                 "noted something in it: a page that is swapped out, is being moved, or may not be touched";
}

} // namespace

std::string_view entry_name(unsigned level) {
    constexpr std::string_view names[] = {"", "PTE", "PDE", "PDPTE", "PML4E", "PML5E"};
    return level < std::size(names) ? names[level] : names[0];
}

PageWalk walk_pages(const nadir_address_space& space, std::uint64_t linear, const ReadPhysical& read) {
    PageWalk walk;
    walk.problem = refuse_mode(space);
    walk.levels = arch::Cr4{space.cr4}.la57() ? 5 : 4;
    if (!walk.problem.empty()) {
        return walk;
    }
    if (!is_canonical(linear, walk.levels)) {
        const unsigned highest = arch::page_level_shift(walk.levels + 1) - 1;
        walk.problem =
            fmt::format("the address is not canonical: with {}-level paging, bits 63 to {} are all the same; an "
                        "access is a general-protection fault (#GP)",
                        walk.levels, highest);
        return walk;
    }
    std::uint64_t table = space.cr3 & PageTableEntry::address_mask;
    walk.writable = walk.user = walk.executable = true;
    for (unsigned level = walk.levels; level != 0; --level) {
        WalkStep step{level, table + arch::table_index(linear, level) * sizeof(std::uint64_t), 0, false};
        std::uint8_t bytes[sizeof(std::uint64_t)] = {};
        if (const nadir_report report = read(step.place, bytes); report.status != NADIR_OK) {
            walk.problem = fmt::format("the {} at physical address {:#x} can't be read: {}", entry_name(level),
                                       step.place, words_of(report));
            return walk;
        }
        std::memcpy(&step.entry, bytes, sizeof(bytes));
        const PageTableEntry entry{step.entry};
        step.leaf = level == 1 || (level <= 3 && entry.large());
        walk.steps.push_back(step);
        if (!entry.present()) {
            walk.problem = why_not_present(step.entry);
            return walk;
        }
        if (const std::uint64_t reserved = reserved_bits(space, step); reserved != 0) {
            walk.problem = fmt::format(
                "reserved bits of the entry are set ({:#x}): an access is a page fault (#PF, RSVD)", reserved);
            return walk;
        }
        walk.writable = walk.writable && entry.writable();
        walk.user = walk.user && entry.user();
        walk.executable = walk.executable && !entry.execute_disable();
        if (step.leaf) {
            walk.page_size = arch::page_level_size(level);
            const std::uint64_t offset = walk.page_size - 1;
            walk.physical = (step.entry & PageTableEntry::address_mask & ~offset) | (linear & offset);
            return walk;
        }
        table = entry.address();
    }
    return walk;
}

} // namespace nadir::tool
