// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/ept_tables.h"

namespace nadir::core {

namespace {

using arch::EptLeaf;
using arch::MemoryType;

bool hides_something(const EptPlan& plan, uint64_t address, uint64_t bytes) {
    for (unsigned i = 0; i < plan.hidden_count; ++i) {
        const HiddenRange& h = plan.hidden[i];
        if (address < h.physical + h.bytes && h.physical < address + bytes) {
            return true;
        }
    }
    return false;
}

// Where the next of all that choose_ept_entry looks at begins or ends: entries that end before are alike.
uint64_t alike_until(const EptPlan& plan, uint64_t address) {
    const uint64_t width_ends = uint64_t{1} << plan.physical_bits;
    if (address >= width_ends) {
        return ~uint64_t{0};
    }
    if (address < plan.low_memory.bytes) {
        return plan.low_memory.bytes;
    }
    uint64_t until = same_type_until(plan.mtrr, address);
    until = width_ends < until ? width_ends : until;
    for (unsigned i = 0; i < plan.hidden_count; ++i) {
        const HiddenRange& h = plan.hidden[i];
        const uint64_t change = address < h.physical ? h.physical : h.physical + h.bytes;
        until = address < change && change < until ? change : until;
    }
    return until;
}

} // namespace

EptChoice choose_ept_entry(const EptPlan& plan, unsigned level, uint64_t address) {
    using enum EptChoice::Kind;
    const uint64_t span = ept_span(level);
    if ((address >> plan.physical_bits) != 0) {
        return {nothing, {}};
    }
    if (address < plan.low_memory.bytes) {
        if (level > 1) {
            return {table, {}};
        }
        return {leaf, EptLeaf::make(plan.low_memory.physical + address, MemoryType::write_back, 1), span};
    }
    if (hides_something(plan, address, span)) {
        if (level > 1) {
            return {table, {}};
        }
        return {leaf, EptLeaf::make(plan.hidden_page, MemoryType::write_back, 1)};
    }
    if (level == ept_top_level) {
        return {address == 0 ? table : on_demand, {}};
    }
    if (level == 3 && !plan.large_1g) {
        return {on_demand, {}};
    }
    const std::optional<MemoryType> type = uniform_type(plan.mtrr, address, span);
    if (!type) {
        return {split, EptLeaf::make(address, MemoryType::uncacheable, level)};
    }
    return {leaf, EptLeaf::make(address, *type, level), span};
}

EptRun choose_ept_run(const EptPlan& plan, unsigned level, uint64_t address, unsigned at_most) {
    const EptChoice choice = choose_ept_entry(plan, level, address);
    if (choice.kind == EptChoice::Kind::table || choice.kind == EptChoice::Kind::split) {
        return {choice, 1};
    }
    const uint64_t alike = (alike_until(plan, address) - address) / ept_span(level);
    return {choice, alike > at_most ? at_most : alike > 1 ? static_cast<unsigned>(alike) : 1};
}

} // namespace nadir::core
