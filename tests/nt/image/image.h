// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The driver, loaded as Windows does: section by section with its protection, relocated, imports resolved, cookie set.
#pragma once

#include "tests/nt/abi/io.h"
#include "tests/nt/kernel/cpu.h"

namespace nadir::nt {

enum class SectionKind : u32 { resident, pageable, discardable, discarded };

struct LoadedSection {
    char name[9];
    u64 start;
    u64 end;
    u64 rights;
    SectionKind kind;
};

constexpr u32 maximum_sections = 24;

struct Image {
    u64 base;
    u64 bytes;
    u64 physical;
    u64 entry;
    u32 section_count;
    LoadedSection sections[maximum_sections];
};

const Image& image();

// From the file's bytes; anything that Windows' loader refuses ends the run.
void load_image(const u8* file, u64 bytes);
void unload_image();
// After DriverEntry: what is marked as discardable or named INIT isn't there any more.
void discard_init();

// For a processor that starts later.
void map_image(Cpu& cpu);
void protect_section(Cpu& cpu, const LoadedSection& section, bool present);

const LoadedSection* find_section(u64 address);
// Its name; nullptr: the address isn't the driver's.
const char* section_of(u64 address);

// Counts up when a mapping goes away: processors then forget what they have cached.
u64 unmap_count();
void count_unmap();

} // namespace nadir::nt
