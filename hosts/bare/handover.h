// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the 32-bit entry hands over to the 64-bit image, and the header by which the entry knows the image. Both parts
// include it; all members have the same offsets in both.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// At the start of the 64-bit image, filled in by image.ld. Offsets count from the image's start, which is page-aligned.
struct ImageHeader {
    u64 magic;
    u64 entry;         // virtual address
    u64 virtual_base;  // where the image wants to be mapped
    u64 text_end;      // [0, text_end): code, with this header
    u64 read_only_end; // [text_end, read_only_end): constants
    u64 file_end;      // [read_only_end, file_end): initialised data
    u64 memory_end;    // [file_end, memory_end): zeroes
};
constexpr u64 image_magic = 0x3436'7269'6461'6e00; // "\0nadir64"

struct MemoryRange {
    u64 start;
    u64 bytes;
    u32 type; // as the BIOS's E820 numbers them
    u32 reserved;
};
constexpr u32 memory_usable = 1;
constexpr u32 memory_reserved = 2;

struct BootModule {
    u64 start;
    u64 end;
    char command_line[496];
};

struct Handover {
    u64 region_start; // the memory that we keep for ourselves, [start, end), physical
    u64 region_end;
    u64 image;      // physical address of the image
    u64 free_start; // first byte of the region that isn't in use yet
    u64 page_table; // the PML4 in use
    u32 no_execute; // 1: EFER.NXE is on
    u32 range_count;
    u32 module_count;
    u32 modules_lost; // more modules than we have room for
    char command_line[1024];
    MemoryRange ranges[64];
    BootModule modules[16];
};
static_assert(sizeof(MemoryRange) == 24 && sizeof(BootModule) == 512);
static_assert(sizeof(Handover) == 56 + 1024 + 64 * 24 + 16 * 512);

} // namespace nadir::bare
