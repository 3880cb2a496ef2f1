// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The parts of a PE32+ file that a loader of drivers reads [PE Format].
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt::pe {

constexpr u16 dos_magic = 0x5A4D;
constexpr u32 dos_new_header = 0x3C;
constexpr u32 signature = 0x0000'4550;
constexpr u16 machine_amd64 = 0x8664;
constexpr u16 magic_64 = 0x20B;
constexpr u16 subsystem_native = 1;

struct DataDirectory {
    u32 address;
    u32 bytes;
};

enum Directory : u32 {
    import_directory = 1,
    relocation_directory = 5,
    load_config_directory = 10,
    iat_directory = 12,
    directories = 16
};

struct [[gnu::packed]] Headers {
    u32 signature;
    u16 machine;
    u16 section_count;
    u32 time;
    u32 symbols;
    u32 symbol_count;
    u16 optional_bytes;
    u16 characteristics;
    // the optional header
    u16 magic;
    u16 linker;
    u32 code_bytes;
    u32 data_bytes;
    u32 bss_bytes;
    u32 entry;
    u32 code_base;
    u64 image_base;
    u32 section_alignment;
    u32 file_alignment;
    u16 versions[6];
    u32 win32_version;
    u32 image_bytes;
    u32 header_bytes;
    u32 checksum;
    u16 subsystem;
    u16 dll_characteristics;
    u64 stack_heap[4];
    u32 loader_flags;
    u32 directory_count;
    DataDirectory directory[directories];
};
static_assert(offsetof(Headers, magic) == 24 && offsetof(Headers, directory) == 24 + 112);

constexpr u32 section_code = 0x20;
constexpr u32 section_discardable = 0x0200'0000;
constexpr u32 section_execute = 0x2000'0000;
constexpr u32 section_read = 0x4000'0000;
constexpr u32 section_write = 0x8000'0000;

struct Section {
    char name[8];
    u32 virtual_bytes;
    u32 address;
    u32 raw_bytes;
    u32 raw;
    u32 relocations;
    u32 lines;
    u16 relocation_count;
    u16 line_count;
    u32 characteristics;
};
static_assert(sizeof(Section) == 40);

struct ImportDescriptor {
    u32 names;
    u32 time;
    u32 forwarder;
    u32 module;
    u32 addresses;
};

struct RelocationBlock {
    u32 page;
    u32 bytes;
};
constexpr u16 relocation_none = 0;
constexpr u16 relocation_dir64 = 10;

// IMAGE_LOAD_CONFIG_DIRECTORY64, as far as the cookie and the pointers of the control-flow guard.
constexpr u32 load_config_cookie = 0x58;
constexpr u32 load_config_guard_check = 0x70;
constexpr u64 default_cookie = 0x0000'2B99'2DDF'A232;

} // namespace nadir::nt::pe
