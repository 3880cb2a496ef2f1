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
        return {leaf, EptLeaf::make(plan.low_memory.physical + address, MemoryType::write_back, 1)};
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
    return {leaf, EptLeaf::make(address, *type, level)};
}

} // namespace nadir::core
