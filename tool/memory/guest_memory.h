// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The running system's memory, page by page: by physical address, or by linear address through the page tables of a process.
#pragma once

#include "tool/device.h"
#include "tool/memory/hexdump.h"
#include "tool/memory/page_walk.h"

#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

// What couldn't be read, and why.
struct Hole {
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::string why;
};

struct MemoryContent {
    Bytes bytes;
    std::vector<Hole> holes; // ascending
};

ReadPhysical physical_reader(Device& device);

// The address space of a process; none: of the command itself, whose kernel part is everybody's. Throws Failure.
nadir_address_space address_space_of(Device& device, std::optional<nadir_u32> process);

// The system runs on while its memory is looked at. Throws Failure where the process is gone meanwhile, or has another address
// space: what was read may be somebody else's then.
void expect_same_process(Device& device, const nadir_address_space& space);

MemoryContent read_physical(Device& device, std::uint64_t address, std::uint64_t size);
MemoryContent read_linear(Device& device, const nadir_address_space& space, std::uint64_t address, std::uint64_t size);

} // namespace nadir::tool
