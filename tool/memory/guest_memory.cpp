// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory/guest_memory.h"

#include "arch/paging.h"
#include "tool/report.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// Where a linear address leads, or why nowhere.
struct Place {
    std::uint64_t physical = 0;
    std::string problem;
};

void add_hole(MemoryContent& content, std::uint64_t address, std::uint64_t size, const std::string& why) {
    content.bytes.insert(content.bytes.end(), size, std::nullopt);
    if (!content.holes.empty()) {
        Hole& last = content.holes.back();
        if (last.why == why && last.address + last.size == address) {
            last.size += size;
            return;
        }
    }
    content.holes.push_back({address, size, why});
}

template <typename Translate>
MemoryContent read(Device& device, std::uint64_t address, std::uint64_t size, const Translate& translate) {
    const ReadPhysical read_page = physical_reader(device);
    MemoryContent content;
    content.bytes.reserve(size);
    while (size != 0) {
        const std::uint64_t in_page = arch::page_size_4k - address % arch::page_size_4k;
        const std::uint64_t count = std::min(size, in_page);
        const Place place = translate(address);
        std::vector<std::uint8_t> bytes(count);
        if (!place.problem.empty()) {
            add_hole(content, address, count, place.problem);
        } else if (const nadir_report report = read_page(place.physical, bytes); report.status != NADIR_OK) {
            add_hole(content, address, count, words_of(report));
        } else {
            content.bytes.insert(content.bytes.end(), bytes.begin(), bytes.end());
        }
        address += count;
        size -= count;
    }
    return content;
}

} // namespace

ReadPhysical physical_reader(Device& device) {
    return [&device](std::uint64_t physical, std::span<std::uint8_t> to) {
        const nadir_memory_read_request answer = device.memory_read(physical, static_cast<nadir_u32>(to.size()));
        std::memcpy(to.data(), answer.data, std::min(to.size(), sizeof(answer.data)));
        return answer.report;
    };
}

nadir_address_space address_space_of(Device& device, std::optional<nadir_u32> process) {
    const nadir_memory_space_request answer = device.memory_space(process.value_or(0));
    if (answer.report.status != NADIR_OK) {
        throw Failure(exit_status_of(answer.report), words_of(answer.report));
    }
    return answer.space;
}

void expect_same_process(Device& device, const nadir_address_space& space) {
    const nadir_memory_space_request now = device.memory_space(space.process);
    if (now.report.status != NADIR_OK || now.space.cr3 != space.cr3) {
        throw Failure(
            ExitStatus::failed,
            fmt::format("process {} ({}) ended meanwhile, or became another program: what was found may be anybody's",
                        space.process, space.name));
    }
}

MemoryContent read_physical(Device& device, std::uint64_t address, std::uint64_t size) {
    return read(device, address, size, [](std::uint64_t at) { return Place{at, {}}; });
}

MemoryContent read_linear(Device& device, const nadir_address_space& space, std::uint64_t address, std::uint64_t size) {
    return read(device, address, size, [&](std::uint64_t at) {
        PageWalk walk = walk_pages(space, at, physical_reader(device));
        return Place{walk.physical, std::move(walk.problem)};
    });
}

} // namespace nadir::tool
