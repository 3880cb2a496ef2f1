// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "bench/growth/machine.h"

#include <bit>

namespace nadir::bench {

namespace {

using arch::MemoryType;

constexpr uint64_t devices_usual = 2 * gib; // where devices begin, up to 4 GiB
constexpr uint64_t devices_holes = 3 * gib;
constexpr uint64_t graphics = 16 * mib; // right below them

// An arena as Linux's page allocator gives it: two pieces near the end of memory, each within one 2 MiB page since it is
// aligned to its size, and not the same page for both.
constexpr uint64_t arena_below_end = 64 * mib;
constexpr uint64_t piece_bytes[] = {256 * kib, 64 * kib};
constexpr uint64_t piece_distance = 4 * mib;

void add_range(core::MtrrValues& mtrr, uint32_t physical_bits, uint64_t base, uint64_t bytes, MemoryType type) {
    const unsigned i = mtrr.variable_count++;
    const uint64_t width = (uint64_t{1} << physical_bits) - 1;
    mtrr.base[i] = arch::MtrrPhysicalBase{}.set_type(type).set_address(base);
    mtrr.mask[i] = arch::MtrrPhysicalMask{}.set_valid(true).set_address(width & ~(bytes - 1));
}

// As few ranges as do: each is a power of two and lies at a multiple of its size.
void add_ranges(core::MtrrValues& mtrr, uint32_t physical_bits, uint64_t begin, uint64_t end, MemoryType type) {
    while (begin < end) {
        const uint64_t fits = std::bit_floor(end - begin);
        const uint64_t aligned = begin == 0 ? fits : begin & -begin;
        const uint64_t bytes = fits < aligned ? fits : aligned;
        add_range(mtrr, physical_bits, begin, bytes, type);
        begin += bytes;
    }
}

void use_fixed_ranges(core::MtrrValues& mtrr) {
    mtrr.capability = arch::MtrrCapability{}.set_fixed(true);
    mtrr.default_type.set_fixed_enable(true);
    constexpr uint64_t write_back = 0x0606'0606'0606'0606;
    for (uint64_t& part : mtrr.fixed) {
        part = write_back;
    }
    mtrr.fixed[2] = 0; // A0000H to BFFFFH: video memory
}

core::MtrrValues mtrrs_of(const Machine& machine) {
    core::MtrrValues mtrr{};
    mtrr.supported = true;
    mtrr.default_type = arch::MtrrDefaultType{}.set_enable(true).set_type(MemoryType::write_back);
    switch (machine.firmware) {
    case Firmware::uniform: break;
    case Firmware::usual:
        use_fixed_ranges(mtrr);
        add_range(mtrr, machine.physical_bits, devices_usual, 4 * gib - devices_usual, MemoryType::uncacheable);
        break;
    case Firmware::holes:
        use_fixed_ranges(mtrr);
        mtrr.default_type.set_type(MemoryType::uncacheable);
        const uint64_t low = machine.memory < devices_holes ? machine.memory : devices_holes;
        add_ranges(mtrr, machine.physical_bits, 0, low, MemoryType::write_back);
        add_range(mtrr, machine.physical_bits, low - graphics, graphics, MemoryType::uncacheable);
        if (machine.memory > low) {
            add_ranges(mtrr, machine.physical_bits, 4 * gib, machine.end_of_memory(), MemoryType::write_back);
        }
        break;
    }
    return mtrr;
}

} // namespace

uint64_t Machine::end_of_memory() const {
    const uint64_t below = firmware == Firmware::usual   ? devices_usual
                           : firmware == Firmware::holes ? devices_holes
                                                         : memory;
    return memory <= below ? memory : 4 * gib + (memory - below);
}

core::EptPlan plan_of(const Machine& machine) {
    core::EptPlan plan{};
    plan.mtrr = mtrrs_of(machine);
    plan.physical_bits = machine.physical_bits;
    plan.large_1g = machine.large_1g;
    uint64_t at = machine.end_of_memory() - arena_below_end;
    plan.hidden_page = at;
    for (const uint64_t bytes : piece_bytes) {
        plan.hidden[plan.hidden_count++] = {at, bytes};
        at += piece_distance;
    }
    return plan;
}

uint32_t bits_for(uint64_t memory) {
    constexpr uint32_t narrowest = 36;
    const auto needed = static_cast<uint32_t>(std::bit_width(memory + 4 * gib));
    return needed > narrowest ? needed : narrowest;
}

} // namespace nadir::bench
