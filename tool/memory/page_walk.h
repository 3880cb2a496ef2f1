// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The walk of the page tables to a linear address, level by level, as a 64-bit system's processor does it; but by reading, so
// no accessed flag is set. [SDM3 "4-Level Paging and 5-Level Paging"]
#pragma once

#include "control/control.h"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace nadir::tool {

// Reads physical memory within one page. What came of it is in the report.
using ReadPhysical = std::function<nadir_report(std::uint64_t physical, std::span<std::uint8_t> to)>;

struct WalkStep {
    unsigned level = 0;      // 5: PML5, ... 1: page table
    std::uint64_t place = 0; // physical address of the entry
    std::uint64_t entry = 0;
    bool leaf = false; // it maps a page
};

struct PageWalk {
    unsigned levels = 0;
    std::vector<WalkStep> steps; // from the top
    std::string problem;         // why the address isn't mapped; empty: it is
    // When mapped.
    std::uint64_t physical = 0;
    std::uint64_t page_size = 0;
    bool writable = false; // of all levels together
    bool user = false;
    bool executable = false;

    [[nodiscard]] bool mapped() const { return problem.empty(); }
};

PageWalk walk_pages(const nadir_address_space& space, std::uint64_t linear, const ReadPhysical& read);

// The manual's name of an entry of this level: "PML4E", "PTE".
std::string_view entry_name(unsigned level);

} // namespace nadir::tool
