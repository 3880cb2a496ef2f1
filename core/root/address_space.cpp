// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/address_space.h"

namespace nadir::core {

namespace {

// [SDM3 "4-Level Paging and 5-Level Paging"]; the same positions at each level.
constexpr uint64_t present = 1u << 0;
constexpr uint64_t writable = 1u << 1;
constexpr uint64_t accessed = 1u << 5; // set beforehand, so that the processor needn't write
constexpr uint64_t dirty = 1u << 6;
constexpr uint64_t execute_disable = uint64_t{1} << 63;
constexpr uint64_t address_mask = 0x000F'FFFF'FFFF'F000;

} // namespace

AddressSpace::AddressSpace(PagePool& pool, unsigned levels) : pool_(pool), levels_(levels) {
    root_physical_ = pool_.take().physical;
}

bool AddressSpace::map(uint64_t linear, uint64_t physical, PageRights rights) {
    if (root_physical_ == 0) {
        return false;
    }
    uint64_t* table = pool_.at(root_physical_);
    for (unsigned level = levels_; level > 1; --level) {
        uint64_t& entry = table[(linear >> (12 + 9 * (level - 1))) & 511];
        if ((entry & present) == 0) {
            const PagePool::Page page = pool_.take();
            if (page.entries == nullptr) {
                return false;
            }
            entry = page.physical | present | writable | accessed;
        }
        table = pool_.at(entry & address_mask);
    }
    table[(linear >> 12) & 511] = (physical & address_mask) | present | accessed | dirty |
                                  (rights.writable ? writable : 0) | (rights.executable ? 0 : execute_disable);
    return true;
}

} // namespace nadir::core
