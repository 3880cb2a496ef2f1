// SPDX-License-Identifier: MIT OR GPL-2.0-only
// growth: prints, as JSON, what the tables of the second-level translation cost on machines of many sizes. Counts only, so
// it says the same everywhere. bench/growth.py and bench/bench.py read it.
#include <cinttypes>
#include <cstdio>

#include "bench/growth/count.h"
#include "bench/growth/hidden_pages.h"

namespace {

using namespace nadir::bench;

// Round numbers, as memory is bought, and the 2,000 GiB that are more than one PML4 entry can map four times over.
constexpr uint64_t sizes_gib[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 384, 512, 768, 1024, 1536, 2000};
constexpr uint32_t narrowest = 36, widest = 46;

void print_one(const Machine& machine, const char* firmware, bool& first) {
    const Growth g = count(machine);
    std::printf("%s\n    {\"memory_gib\": %" PRIu64 ", \"firmware\": \"%s\", \"address_bits\": %u, \"pages_1g\": %s, "
                "\"start_bytes\": %" PRIu64 ", \"start_entries\": %" PRIu64 ", \"touched_bytes\": %" PRIu64
                ", \"touched_entries\": %" PRIu64 ", \"violations\": %" PRIu64 ", \"by_turns\": %" PRIu64
                ", \"pool_bytes\": %" PRIu64 ", \"own_bytes_per_processor\": %" PRIu64 "}",
                first ? "" : ",", machine.memory / gib, firmware, machine.physical_bits,
                machine.large_1g ? "true" : "false", g.at_start.bytes, g.at_start.entries, g.all_touched.bytes,
                g.all_touched.entries, g.violations, g.by_turns, g.pool_bytes, g.own_bytes);
    first = false;
}

} // namespace

int main(int count, char**) {
    if (count > 1) {
        std::fprintf(stderr, "growth takes no arguments; it prints JSON.\n");
        return 2;
    }
    bool first = true;
    std::printf("{\n  \"memory\": [");
    for (const auto& [firmware, name] : firmwares) {
        for (const bool large_1g : {true, false}) {
            for (const uint64_t size : sizes_gib) {
                print_one({size * gib, firmware, bits_for(size * gib), large_1g}, name.data(), first);
            }
        }
    }
    first = true;
    std::printf("\n  ],\n  \"address_bits\": [");
    for (const bool large_1g : {true, false}) {
        for (uint32_t bits = narrowest; bits <= widest; ++bits) {
            print_one({16 * gib, Firmware::usual, bits, large_1g}, "usual", first);
        }
    }
    std::printf("\n  ],\n  \"hidden_pages\": [");
    first = true;
    for (const bool scattered : {false, true}) {
        for (const uint64_t hooks : {1, 10, 100, 1000, 10'000}) {
            const HiddenPages h = count_hidden_pages(hooks, scattered);
            std::printf("%s\n    {\"hooks\": %" PRIu64 ", \"over\": \"%s\", \"pages\": %" PRIu64
                        ", \"view_bytes\": %" PRIu64 ", \"copy_bytes\": %" PRIu64 "}",
                        first ? "" : ",", hooks, scattered ? "64 GiB" : "32 MiB of code", h.pages, h.view_bytes,
                        h.copy_bytes);
            first = false;
        }
    }
    std::printf("\n  ]\n}\n");
    return 0;
}
