// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The parts of an executable file that are to be put into memory: of ELF (32 and 64 bits) or of a Multiboot header with
// address fields.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

struct Segment {
    u64 address; // physical
    u64 file_offset;
    u64 file_bytes;
    u64 memory_bytes; // what is beyond file_bytes is zero
};

struct Executable {
    u32 entry; // physical
    u32 count;
    Segment segments[16];
};

// nullptr, or why it can't be loaded.
const char* read_elf(const u8* file, u64 bytes, Executable& out);

} // namespace nadir::bare
