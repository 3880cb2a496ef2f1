// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The fake host's memory: every allocation has a physical address that has nothing to do with where it lies.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

namespace nadir::fake {

class Memory {
public:
    struct Block {
        uint8_t* address;
        uint64_t bytes;
        uint64_t physical;
    };

    ~Memory();

    // 4096-aligned, zeroed; null when it is to fail.
    uint8_t* allocate(uint64_t bytes);
    void free(void* address, uint64_t bytes);

    uint64_t physical_of(const void* address) const;
    uint8_t* linear_of(uint64_t physical) const; // throws where there is no memory

    uint64_t next_physical = 0x1'0000'0000;                            // of the next allocation; may be set
    uint64_t gap = 0x3000;                                             // between two allocations
    unsigned allocations = 0;                                          // so far, refused ones included
    std::optional<unsigned> fail_at;                                   // this allocation is refused (0 is the first)
    std::optional<uint64_t> largest;                                   // allocations above this many bytes are refused
    void (*on_free)(const uint8_t* address, uint64_t bytes) = nullptr; // sees memory that is given back
    bool forbidden = false;                                            // root mode runs: the host must not be called

    const std::map<uint8_t*, Block>& blocks() const { return blocks_; }
    uint64_t bytes_in_use() const;

private:
    std::map<uint8_t*, Block> blocks_;
};

} // namespace nadir::fake
