// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/fakes/memory.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

#include "core/host.h"

namespace nadir::fake {

Memory::~Memory() {
    for (const auto& [address, block] : blocks_) {
        std::free(address);
    }
}

uint8_t* Memory::allocate(uint64_t bytes) {
    if (forbidden) {
        throw std::logic_error("root mode calls the host for memory");
    }
    if (bytes == 0 || bytes % NADIR_PAGE_SIZE != 0 || bytes > NADIR_LARGEST_ALLOCATION) {
        throw std::logic_error("an allocation that core/host.h does not allow");
    }
    const unsigned number = allocations++;
    if (number == fail_at || (largest && bytes > *largest)) {
        return nullptr;
    }
    auto* address = static_cast<uint8_t*>(std::aligned_alloc(NADIR_PAGE_SIZE, bytes));
    std::memset(address, 0, bytes);
    blocks_[address] = {address, bytes, next_physical};
    next_physical += bytes + gap;
    return address;
}

void Memory::free(void* address, uint64_t bytes) {
    if (forbidden) {
        throw std::logic_error("root mode calls the host to free memory");
    }
    const auto found = blocks_.find(static_cast<uint8_t*>(address));
    if (found == blocks_.end() || found->second.bytes != bytes) {
        throw std::logic_error("freed what was not allocated, or with another size");
    }
    if (on_free != nullptr) {
        on_free(found->first, bytes);
    }
    blocks_.erase(found);
    std::free(address);
}

uint64_t Memory::physical_of(const void* address) const {
    auto* byte = const_cast<uint8_t*>(static_cast<const uint8_t*>(address));
    auto after = blocks_.upper_bound(byte);
    if (after != blocks_.begin()) {
        const Block& block = std::prev(after)->second;
        if (byte < block.address + block.bytes) {
            return block.physical + static_cast<uint64_t>(byte - block.address);
        }
    }
    throw std::logic_error("the physical address of what was not allocated");
}

uint8_t* Memory::linear_of(uint64_t physical) const {
    for (const auto& [address, block] : blocks_) {
        if (physical >= block.physical && physical < block.physical + block.bytes) {
            return address + (physical - block.physical);
        }
    }
    throw std::logic_error("a physical address that no allocation has");
}

uint64_t Memory::bytes_in_use() const {
    uint64_t sum = 0;
    for (const auto& [address, block] : blocks_) {
        sum += block.bytes;
    }
    return sum;
}

} // namespace nadir::fake
