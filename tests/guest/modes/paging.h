// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Page tables that map the low 4 GiB to themselves, for every kind of paging.
#pragma once

#include "tests/guest/modes/machine.h"

namespace nadir::modes {

enum class Paging : u8 { two_levels, pae };

constexpr u32 page_present = 1;
constexpr u32 present_and_writable = 3;
constexpr u32 page_everything = 7; // and user

struct PageTables {
    alignas(4096) u32 directory[1024]; // two levels
    alignas(4096) u64 pae_directories[4][512];
    alignas(4096) u64 first_pages[512]; // of the first 2 MiB, with PAE; not always in use
    alignas(4096) u64 last_pages[512];  // of the last 2 MiB below 4 GiB
    alignas(4096) u64 top[512];         // four levels
    alignas(4096) u64 third[512];
    alignas(4096) u8 page[4096];
    alignas(32) u64 pointers[4];
    alignas(32) u64 other_pointers[4];
};
extern PageTables tables;

// Fills the tables anew first.
void paging_on(Paging paging);
void paging_off();

// For IA-32e paging; the caller switches it on.
u32 four_level_table();

// Two pages whose flags can be chosen, with paging on and after use_victim_pages. What is set in them is seen in victim_flags.
void use_victim_pages();
u32 victim_page();
void set_victim_pages(u32 first, u32 second);
u32 victim_flags(u32 page);

// Another value for CR3, where the first megabytes are at 3 GiB, too.
u32 other_table();

} // namespace nadir::modes
