// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/guest/elf.h"

namespace nadir::bare {

namespace {

struct Header32 {
    u8 ident[16];
    u16 type, machine;
    u32 version, entry, program_headers, section_headers, flags;
    u16 header_bytes, program_header_bytes, program_header_count;
};

struct Header64 {
    u8 ident[16];
    u16 type, machine;
    u32 version;
    u64 entry, program_headers, section_headers;
    u32 flags;
    u16 header_bytes, program_header_bytes, program_header_count;
};

struct ProgramHeader32 {
    u32 type, offset, virtual_address, physical_address, file_bytes, memory_bytes, flags, alignment;
};

struct ProgramHeader64 {
    u32 type, flags;
    u64 offset, virtual_address, physical_address, file_bytes, memory_bytes, alignment;
};

constexpr u32 type_load = 1;
constexpr u8 class_32 = 1;
constexpr u8 class_64 = 2;

template <typename Header, typename ProgramHeader>
const char* read(const u8* file, u64 bytes, Executable& out) {
    const auto* header = reinterpret_cast<const Header*>(file);
    u64 entry = header->entry;
    for (u32 i = 0; i < header->program_header_count; ++i) {
        const u64 at = header->program_headers + static_cast<u64>(i) * header->program_header_bytes;
        if (at + sizeof(ProgramHeader) > bytes)
            return "its program headers lie beyond its end";
        const auto* segment = reinterpret_cast<const ProgramHeader*>(file + at);
        if (segment->type != type_load || segment->memory_bytes == 0)
            continue;
        if (segment->file_bytes > segment->memory_bytes || segment->offset > bytes ||
            segment->file_bytes > bytes - segment->offset)
            return "a segment lies beyond its end";
        if (out.count == sizeof out.segments / sizeof out.segments[0])
            return "it has more than 16 segments";
        out.segments[out.count++] = {segment->physical_address, segment->offset, segment->file_bytes,
                                     segment->memory_bytes};
        // A kernel that is linked elsewhere than loaded gives its entry as a virtual address, as GRUB takes it.
        if (header->entry >= segment->virtual_address &&
            header->entry - segment->virtual_address < segment->memory_bytes)
            entry = header->entry - segment->virtual_address + segment->physical_address;
    }
    if (entry >> 32 != 0)
        return "its entry lies above 4 GiB";
    out.entry = static_cast<u32>(entry);
    return out.count == 0 ? "it has nothing to load" : nullptr;
}

} // namespace

const char* read_elf(const u8* file, u64 bytes, Executable& out) {
    out.count = 0;
    if (bytes < sizeof(Header64) || file[0] != 0x7F || file[1] != 'E' || file[2] != 'L' || file[3] != 'F')
        return "it is neither ELF nor does its Multiboot header have address fields";
    if (file[4] == class_32)
        return read<Header32, ProgramHeader32>(file, bytes, out);
    if (file[4] == class_64)
        return read<Header64, ProgramHeader64>(file, bytes, out);
    return "its ELF class is unknown";
}

} // namespace nadir::bare
