// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/recorder/find_rings.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <set>

namespace nadir::tool {

namespace {

bool begins_as_a_ring(std::span<const char> page) {
    constexpr nadir_u64 magic[] = {NADIR_EXIT_RING_MAGIC_LOW, NADIR_EXIT_RING_MAGIC_HIGH};
    return std::memcmp(page.data(), magic, sizeof(magic)) == 0;
}

bool is_sound(const nadir_exit_ring& ring) {
    constexpr nadir_u32 most_processors = 1u << 16;
    return ring.record_bytes == sizeof(nadir_exit_record) && ring.capacity == NADIR_EXIT_RING_RECORDS &&
           ring.processor < most_processors && ring.state <= NADIR_PROCESSOR_STUCK;
}

} // namespace

FoundRings find_rings(MemoryImage& image) {
    FoundRings found;
    std::set<std::uint64_t> seen; // segments of a core file may overlap
    const auto ring = std::make_unique<nadir_exit_ring>();
    image.each_page([&](std::uint64_t physical, std::span<const char> page) {
        if (!begins_as_a_ring(page) || !seen.insert(physical).second) {
            return;
        }
        std::memcpy(ring.get(), page.data(), sizeof(*ring));
        if (ring->version != NADIR_EXIT_RING_VERSION) {
            ++found.of_other_versions;
        } else if (!is_sound(*ring)) {
            ++found.damaged;
        } else {
            found.recordings.push_back(recording_of(*ring, physical));
        }
    });
    std::stable_sort(found.recordings.begin(), found.recordings.end(),
                     [](const Recording& left, const Recording& right) { return left.processor < right.processor; });
    return found;
}

} // namespace nadir::tool
