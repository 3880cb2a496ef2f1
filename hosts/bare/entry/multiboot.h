// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Multiboot 1 as far as we take part in it, as a kernel and as a loader [Multiboot 0.6.96].
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare::multiboot {

constexpr u32 loader_magic = 0x2BADB002;
constexpr u32 header_magic = 0x1BADB002;
constexpr u32 header_search_bytes = 8192;

// Header flags.
constexpr u32 wants_address_fields = 1u << 16; // the "a.out kludge"
constexpr u32 wants_video_mode = 1u << 2;
constexpr u32 required_flags = 0xFFFF; // an unknown bit among these: the loader must refuse
constexpr u32 known_required_flags = 0x7;

struct Header {
    u32 magic;
    u32 flags;
    u32 checksum;
    u32 header_address; // the rest only with wants_address_fields
    u32 load_address;
    u32 load_end;
    u32 bss_end;
    u32 entry;
};

// Information flags.
constexpr u32 has_memory = 1u << 0;
constexpr u32 has_command_line = 1u << 2;
constexpr u32 has_modules = 1u << 3;
constexpr u32 has_memory_map = 1u << 6;
constexpr u32 has_loader_name = 1u << 9;

struct Information {
    u32 flags;
    u32 memory_lower; // KiB
    u32 memory_upper;
    u32 boot_device;
    u32 command_line;
    u32 module_count;
    u32 modules;
    u32 symbols[4];
    u32 map_bytes;
    u32 map;
    u32 drive_bytes;
    u32 drives;
    u32 configuration;
    u32 loader_name;
    u32 rest[12];
};
static_assert(sizeof(Information) == 116);

struct Module {
    u32 start;
    u32 end;
    u32 command_line;
    u32 reserved;
};

struct [[gnu::packed]] MapEntry {
    u32 size; // of what follows
    u64 start;
    u64 bytes;
    u32 type;
};
static_assert(sizeof(MapEntry) == 24);

} // namespace nadir::bare::multiboot
