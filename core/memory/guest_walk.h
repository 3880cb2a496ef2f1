// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A walk of the guest's page tables, as the processor would do it for an access: the physical address with accessed and dirty
// flags set, or the error code of the page fault. A pure function of the guest's registers and of its memory, which is a
// template parameter, so that tests give it their own. [SDM3 "Paging"]
//
// Not here: protection keys and shadow stacks. They guard accesses with IA-32e paging by code; nothing emulated is one.
#pragma once

#include <cstdint>

#include "arch/exceptions.h"
#include "arch/paging.h"

namespace nadir::core {

// What of the guest's state decides how it is translated.
struct GuestPaging {
    enum class Mode : uint8_t { none, two_levels, pae, four_levels, five_levels };

    Mode mode;
    uint64_t root;           // physical address of the top table; not with PAE paging
    arch::PaePdpte pdpte[4]; // with PAE paging
    bool write_protect;      // CR0.WP
    bool large_4m;           // CR4.PSE, with two levels
    bool large_1g;           // CPUID says so
    bool execute_disable;    // EFER.NXE: bit 63 isn't reserved
    bool smap;               // CR4.SMAP
    unsigned physical_bits;
};

struct GuestAccess {
    bool write;
    bool user;            // at CPL 3, and not an implicit access to a system table
    bool alignment_check; // EFLAGS.AC of an explicit supervisor access: SMAP doesn't count
};

struct GuestTranslation {
    bool mapped;
    uint64_t physical;              // when mapped
    arch::PageFaultErrorCode fault; // when not
};

namespace walk {

// An entry on the way, with what the levels have in common at the same positions.
struct Step {
    uint64_t place; // physical address of the entry
    arch::Page4k entry;
};

// Bits that must be 0 in an entry at `level`; `leaf`: it maps a page.
constexpr uint64_t reserved_bits(const GuestPaging& p, unsigned level, bool leaf) {
    using arch::PageTableEntry;
    if (p.mode == GuestPaging::Mode::two_levels) {
        // 4-MiB pages: bits 20:13 are bits 39:32 of the address.
        constexpr uint64_t reserved_in_4m = uint64_t{1} << 21;
        return level == 2 && leaf ? reserved_in_4m : 0;
    }
    const uint64_t beyond = ~((uint64_t{1} << p.physical_bits) - 1);
    uint64_t bits = beyond & PageTableEntry::address_mask;
    if (p.mode == GuestPaging::Mode::pae) {
        bits |= beyond & ~PageTableEntry::address_mask & ~PageTableEntry::execute_disable_mask;
    }
    if (!p.execute_disable) {
        bits |= PageTableEntry::execute_disable_mask;
    }
    if (leaf && level > 1) {
        constexpr uint64_t below_2m = arch::page_size_2m - 1;
        const uint64_t below = level == 2 ? below_2m : arch::page_size_1g - 1;
        bits |= below & PageTableEntry::address_mask & ~arch::PageLarge::pat_mask;
    }
    if (level > 3 || (level == 3 && !p.large_1g)) {
        bits |= PageTableEntry::large_mask;
    }
    return bits;
}

constexpr uint64_t table_offset(const GuestPaging& p, uint64_t linear, unsigned level) {
    if (p.mode == GuestPaging::Mode::two_levels) {
        constexpr uint64_t entries = 1024;
        return (linear >> (12 + 10 * (level - 1))) % entries * sizeof(uint32_t);
    }
    return arch::table_index(linear, level) * sizeof(uint64_t);
}

constexpr uint64_t page_bytes(const GuestPaging& p, unsigned level) {
    constexpr uint64_t four_mib = uint64_t{4} << 20;
    return p.mode == GuestPaging::Mode::two_levels && level == 2 ? four_mib : arch::page_level_size(level);
}

constexpr uint64_t page_address(const GuestPaging& p, unsigned level, uint64_t entry) {
    const uint64_t offset_mask = page_bytes(p, level) - 1;
    uint64_t address = entry & arch::PageTableEntry::address_mask & ~offset_mask;
    if (p.mode == GuestPaging::Mode::two_levels && level == 2) {
        constexpr unsigned high_bits_at = 13;
        constexpr uint64_t high_bits = 0xFF;
        address |= ((entry >> high_bits_at) & high_bits) << 32;
    }
    return address;
}

constexpr unsigned levels(GuestPaging::Mode mode) {
    switch (mode) {
    case GuestPaging::Mode::five_levels: return 5;
    case GuestPaging::Mode::four_levels: return 4;
    case GuestPaging::Mode::none:
    case GuestPaging::Mode::two_levels:
    case GuestPaging::Mode::pae: break;
    }
    return 2;
}

// With the rights of all levels. [SDM3 "Determination of Access Rights"]
constexpr bool allowed(const GuestPaging& p, const GuestAccess& access, bool writable, bool user) {
    if (access.user) {
        return user && (!access.write || writable);
    }
    if (user && p.smap && !access.alignment_check) {
        return false;
    }
    return !access.write || writable || !p.write_protect;
}

} // namespace walk

// Memory: uint64_t read_entry(uint64_t physical, uint32_t bytes), uint8_t set_bits(uint64_t physical, uint8_t bits).
template <typename Memory>
GuestTranslation walk_guest(const GuestPaging& paging, uint64_t linear, GuestAccess access, const Memory& memory) {
    using Mode = GuestPaging::Mode;
    if (paging.mode == Mode::none) {
        return {true, linear, {}};
    }
    arch::PageFaultErrorCode fault;
    fault.set_write(access.write).set_user(access.user);
    uint64_t table = paging.root;
    if (paging.mode == Mode::pae) {
        const arch::PaePdpte pdpte = paging.pdpte[(linear >> 30) & 3];
        if (!pdpte.present()) {
            return {false, 0, fault};
        }
        table = pdpte.address();
    }
    const uint32_t entry_bytes = paging.mode == Mode::two_levels ? sizeof(uint32_t) : sizeof(uint64_t);
    const unsigned top = walk::levels(paging.mode);
    walk::Step steps[5];
    bool writable = true;
    bool user = true;
    for (unsigned level = top;; --level) {
        walk::Step& step = steps[level - 1];
        step.place = table + walk::table_offset(paging, linear, level);
        const uint64_t entry = memory.read_entry(step.place, entry_bytes);
        step.entry = arch::Page4k{entry};
        if (!step.entry.present()) {
            return {false, 0, fault};
        }
        const bool large =
            level > 1 && arch::PageTableEntry{entry}.large() && (paging.mode != Mode::two_levels || paging.large_4m);
        const bool leaf = level == 1 || large;
        if ((entry & walk::reserved_bits(paging, level, leaf)) != 0) {
            return {false, 0, fault.set_present(true).set_reserved_bit(true)};
        }
        writable = writable && step.entry.writable();
        user = user && step.entry.user();
        if (!leaf) {
            table = step.entry.address();
            continue;
        }
        if (!walk::allowed(paging, access, writable, user)) {
            return {false, 0, fault.set_present(true)};
        }
        for (unsigned l = top; l >= level; --l) {
            uint64_t flags = arch::Page4k::accessed_mask;
            flags |= l == level && access.write ? arch::Page4k::dirty_mask : 0;
            if ((steps[l - 1].entry.value & flags) != flags) {
                memory.set_bits(steps[l - 1].place, static_cast<uint8_t>(flags));
            }
        }
        return {true, walk::page_address(paging, level, entry) | (linear & (walk::page_bytes(paging, level) - 1)), {}};
    }
}

} // namespace nadir::core
