// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/image/pe_check.h"

#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

// [ImageHlp, CheckSumMappedFile]: a sum of 16-bit words with carry, without the field itself, plus the length.
u32 checksum(const u8* file, u64 bytes, u64 field) {
    u64 sum = 0;
    for (u64 at = 0; at + 1 < bytes; at += 2) {
        if (at == field || at == field + 2)
            continue;
        sum += static_cast<u64>(file[at] | file[at + 1] << 8);
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    if (bytes % 2 != 0)
        sum += file[bytes - 1];
    sum = (sum & 0xFFFF) + (sum >> 16);
    sum = (sum & 0xFFFF) + (sum >> 16);
    return static_cast<u32>(sum + bytes);
}

void require(bool good, const char* what) {
    if (!good)
        violation(rule::image, 0, "%s", what);
}

void check_section(const pe::Section& section, u64 bytes, u64& expected) {
    char name[9] = {};
    for (u32 i = 0; i < 8; ++i)
        name[i] = section.name[i];
    if (section.address != expected)
        violation(rule::image, 0, "section %s doesn't follow the one before it", name);
    if (section.raw + u64{section.raw_bytes} > bytes)
        violation(rule::image, 0, "section %s goes beyond the end of the file", name);
    constexpr u32 both = pe::section_write | pe::section_execute;
    if ((section.characteristics & both) == both)
        violation(rule::image, 0, "section %s is writable and executable", name);
    expected = round_up(section.address + u64{section.virtual_bytes}, page_size);
}

} // namespace

const pe::Section* first_section(const pe::Headers& headers) {
    return reinterpret_cast<const pe::Section*>(reinterpret_cast<const u8*>(&headers.magic) + headers.optional_bytes);
}

const pe::Headers& check_image(const u8* file, u64 bytes) {
    require(bytes > 1024 && *reinterpret_cast<const u16*>(file) == pe::dos_magic, "the file doesn't begin with MZ");
    const u32 offset = *reinterpret_cast<const u32*>(file + pe::dos_new_header);
    require(offset % 4 == 0 && offset + sizeof(pe::Headers) < bytes, "the PE header is outside the file");
    const auto& headers = *reinterpret_cast<const pe::Headers*>(file + offset);
    require(headers.signature == pe::signature && headers.magic == pe::magic_64, "it is no PE32+ file");
    require(headers.machine == pe::machine_amd64, "it isn't for x64");
    require(headers.subsystem == pe::subsystem_native, "its subsystem isn't NATIVE");
    require(headers.section_alignment % page_size == 0 && headers.section_alignment != 0,
            "its section alignment isn't pages");
    require(headers.directory_count == pe::directories, "it hasn't sixteen data directories");
    require(headers.section_count != 0 && headers.section_count < 23, "its number of sections");
    require(headers.directory[pe::relocation_directory].bytes != 0, "it has no relocations");
    const auto field = static_cast<u64>(reinterpret_cast<const u8*>(&headers.checksum) - file);
    if (const u32 sum = checksum(file, bytes, field); sum != headers.checksum)
        violation(rule::image, 0, "its checksum is %x, where %x is right", headers.checksum, sum);
    u64 expected = round_up(headers.header_bytes, page_size);
    bool entry = false;
    for (u32 i = 0; i < headers.section_count; ++i) {
        const pe::Section& section = first_section(headers)[i];
        check_section(section, bytes, expected);
        entry = entry || ((section.characteristics & pe::section_execute) != 0 && headers.entry >= section.address &&
                          headers.entry < section.address + section.virtual_bytes);
    }
    require(expected == round_up(headers.image_bytes, page_size), "its size isn't where its last section ends");
    require(entry, "its entry point isn't in an executable section");
    return headers;
}

} // namespace nadir::nt
