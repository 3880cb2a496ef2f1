// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/modes/paging.h"

namespace nadir::modes {

PageTables tables;

namespace {

constexpr u32 large = 0x80;
alignas(4096) u8 victim[2 * 4096];
alignas(4096) u32 first_pages_32[1024];
alignas(4096) u32 other_directory[1024];
alignas(4096) u64 other_last_directory[512];

bool pae_in_use() { return (read_cr4() & cr4_pae) != 0; }

// What lies at 3 GiB in the other address space: the first megabytes.
void fill_other() {
    for (u32 i = 0; i < 1024; ++i)
        other_directory[i] = tables.directory[i];
    other_directory[0xC000'0000u >> 22] = large | page_everything;
    for (u32 i = 0; i < 512; ++i)
        other_last_directory[i] = tables.pae_directories[3][i];
    other_last_directory[0] = large | page_everything;
    tables.other_pointers[3] = text_address(other_last_directory) | page_present;
}

void fill() {
    for (u32 i = 0; i < 1024; ++i)
        tables.directory[i] = i << 22 | large | page_everything;
    for (u32 i = 0; i < 4 * 512; ++i)
        tables.pae_directories[i / 512][i % 512] = u64{i} << 21 | large | page_everything;
    for (u32 i = 0; i < 4; ++i) {
        tables.pointers[i] = text_address(tables.pae_directories[i]) | page_present;
        tables.other_pointers[i] = tables.pointers[i];
        tables.third[i] = text_address(tables.pae_directories[i]) | page_everything;
    }
    tables.top[0] = text_address(tables.third) | page_everything;
}

} // namespace

void paging_on(Paging paging) {
    fill();
    if (paging == Paging::two_levels) {
        write_cr4((read_cr4() & ~cr4_pae) | cr4_pse);
        write_cr3(text_address(tables.directory));
    } else {
        write_cr4(read_cr4() | cr4_pae);
        write_cr3(text_address(tables.pointers));
    }
    write_cr0(read_cr0() | cr0_pg);
}

void paging_off() {
    write_cr0(read_cr0() & ~cr0_pg);
    write_cr4(read_cr4() & ~(cr4_pae | cr4_pse));
    write_cr3(0);
}

u32 four_level_table() {
    fill();
    return text_address(tables.top);
}

void use_victim_pages() {
    for (u32 i = 0; i < 1024; ++i)
        first_pages_32[i] = i << 12 | page_everything;
    for (u32 i = 0; i < 512; ++i)
        tables.first_pages[i] = (i << 12) | page_everything;
    tables.directory[0] = text_address(first_pages_32) | page_everything;
    tables.pae_directories[0][0] = text_address(tables.first_pages) | page_everything;
    fill_other();
    write_cr3(read_cr3());
}

u32 victim_page() { return text_address(victim); }

void set_victim_pages(u32 first, u32 second) {
    const u32 flags[] = {first, second};
    for (u32 i = 0; i < 2; ++i) {
        const u32 address = victim_page() + i * 4096;
        first_pages_32[address >> 12] = address | flags[i];
        tables.first_pages[address >> 12] = address | flags[i];
    }
    write_cr3(read_cr3());
}

u32 victim_flags(u32 page) {
    const u32 index = (victim_page() >> 12) + page;
    return (pae_in_use() ? static_cast<u32>(tables.first_pages[index]) : first_pages_32[index]) & 0xFFF;
}

u32 other_table() { return pae_in_use() ? text_address(tables.other_pointers) : text_address(other_directory); }

} // namespace nadir::modes
