// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The processor's walk of EPT and of page tables, in software, as the manual describes them: independent of the code that
// builds them. [SDM3 "EPT Translation Mechanism"] [SDM3 "4-Level Paging and 5-Level Paging"]
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>

namespace nadir::fake {

using TableAt = std::function<const uint64_t*(uint64_t physical)>;

struct EptTranslation {
    uint64_t physical;
    unsigned type;      // memory type of the leaf
    unsigned rights;    // read 1, write 2, execute 4
    uint64_t page_size; // 4 KiB, 2 MiB or 1 GiB

    bool operator==(const EptTranslation&) const = default;
};

// Nothing: not present. Throws for what would be an EPT misconfiguration.
inline std::optional<EptTranslation> walk_ept(uint64_t root, uint64_t address, unsigned physical_bits,
                                              const TableAt& table_at) {
    uint64_t table = root;
    unsigned rights = 7;
    for (unsigned level = 4;; --level) {
        const unsigned shift = 12 + 9 * (level - 1);
        const uint64_t entry = table_at(table)[(address >> shift) & 511];
        const unsigned here = entry & 7;
        if (here == 0) {
            return std::nullopt;
        }
        const bool leaf = level == 1 || (level <= 3 && (entry & 0x80) != 0);
        const uint64_t frame = entry & 0x000F'FFFF'FFFF'F000;
        const uint64_t offset = (uint64_t{1} << shift) - 1;
        if (here == 2 || here == 6 || (frame >> physical_bits) != 0 || (level == 4 && (entry & 0x80) != 0)) {
            throw std::logic_error("EPT misconfiguration: rights, width or level");
        }
        rights &= here;
        if (!leaf) {
            if ((entry & 0x78) != 0) {
                throw std::logic_error("EPT misconfiguration: reserved bits of a table entry");
            }
            table = frame;
            continue;
        }
        const unsigned type = (entry >> 3) & 7;
        if (type == 2 || type == 3 || type == 7 || (frame & offset) != 0) {
            throw std::logic_error("EPT misconfiguration: type or alignment of a leaf");
        }
        return EptTranslation{frame | (address & offset), type, rights, offset + 1};
    }
}

struct PageTranslation {
    uint64_t physical;
    bool writable;
    bool executable;
    bool user;
    bool accessed_and_dirty; // all the way: the processor needn't write to the tables

    bool operator==(const PageTranslation&) const = default;
};

inline std::optional<PageTranslation> walk_pages(uint64_t cr3, unsigned levels, uint64_t address,
                                                 const TableAt& table_at) {
    uint64_t table = cr3 & 0x000F'FFFF'FFFF'F000;
    PageTranslation result{0, true, true, true, true};
    for (unsigned level = levels; level > 0; --level) {
        const uint64_t entry = table_at(table)[(address >> (12 + 9 * (level - 1))) & 511];
        if ((entry & 1) == 0) {
            return std::nullopt;
        }
        if (level > 1 && (entry & 0x80) != 0) {
            throw std::logic_error("a large page, which root mode does not use");
        }
        result.writable = result.writable && (entry & 2) != 0;
        result.user = result.user && (entry & 4) != 0;
        result.executable = result.executable && (entry >> 63) == 0;
        result.accessed_and_dirty =
            result.accessed_and_dirty && (entry & 0x20) != 0 && (level > 1 || (entry & 0x40) != 0);
        table = entry & 0x000F'FFFF'FFFF'F000;
    }
    result.physical = table | (address & 0xFFF);
    return result;
}

} // namespace nadir::fake
