// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/image_file.h"

#include "tool/exit_status.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

// [PE Format "COFF File Header", "Optional Header", "Section Table", "Debug Directory"]: where each field lies.
namespace dos {
constexpr std::uint64_t pe_offset = 0x3c;
}
namespace coff {
constexpr std::string_view signature{"PE\0\0", 4};
constexpr std::uint64_t machine = 4;
constexpr std::uint64_t sections = 6;
constexpr std::uint64_t optional_size = 20;
constexpr std::uint64_t bytes = 24; // the optional header follows
constexpr std::uint16_t machine_amd64 = 0x8664;
} // namespace coff
namespace optional_header {
constexpr std::uint64_t image_base = 24;
constexpr std::uint64_t image_size = 56;
constexpr std::uint64_t directory_count = 108;
constexpr std::uint64_t directories = 112;
constexpr std::uint16_t magic_pe32_plus = 0x20b;
constexpr std::uint32_t debug_directory = 6;
} // namespace optional_header
namespace section {
constexpr std::uint64_t virtual_size = 8;
constexpr std::uint64_t virtual_address = 12;
constexpr std::uint64_t raw_size = 16;
constexpr std::uint64_t raw_offset = 20;
constexpr std::uint64_t characteristics = 36;
constexpr std::uint64_t bytes = 40;
constexpr std::uint32_t executable = 1u << 29;
} // namespace section
namespace debug {
constexpr std::uint64_t type = 12;
constexpr std::uint64_t size = 16;
constexpr std::uint64_t raw_offset = 24;
constexpr std::uint64_t bytes = 28;
constexpr std::uint32_t type_codeview = 2;
constexpr std::string_view codeview_pdb = "RSDS";
constexpr std::uint64_t guid = 4;
constexpr std::uint64_t age = 20;
constexpr std::uint64_t name = 24;
} // namespace debug

struct Directory {
    std::uint32_t address;
    std::uint32_t size;
};

std::optional<PdbReference> read_reference(BinaryFile& file, std::uint64_t entry) {
    const std::uint64_t place = file.get<std::uint32_t>(entry + debug::raw_offset);
    const std::uint64_t size = file.get<std::uint32_t>(entry + debug::size);
    if (file.get<std::uint32_t>(entry + debug::type) != debug::type_codeview || size <= debug::name ||
        !file.has(place, debug::codeview_pdb)) {
        return std::nullopt;
    }
    const std::vector<char> name = file.bytes(place + debug::name, size - debug::name);
    return PdbReference{
        {file.get<std::array<std::uint8_t, 16>>(place + debug::guid), file.get<std::uint32_t>(place + debug::age)},
        std::string(name.begin(), std::ranges::find(name, '\0'))};
}

// The file's offset of what is loaded at this address.
std::optional<std::uint64_t> offset_of(BinaryFile& file, std::uint64_t table, std::size_t count,
                                       std::uint32_t address) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t header = table + i * section::bytes;
        const auto begin = file.get<std::uint32_t>(header + section::virtual_address);
        if (address >= begin && address - begin < file.get<std::uint32_t>(header + section::raw_size)) {
            return std::uint64_t{file.get<std::uint32_t>(header + section::raw_offset)} + (address - begin);
        }
    }
    return std::nullopt;
}

} // namespace

bool ImageFacts::is_code(std::uint64_t offset) const {
    return std::ranges::any_of(sections, [&](const ImageSection& one) {
        return one.executable && offset >= one.address && offset - one.address < one.size;
    });
}

bool is_image(BinaryFile& file) { return file.has(0, "MZ"); }

ImageFacts read_image(BinaryFile& file) {
    const std::uint64_t header = is_image(file) ? file.get<std::uint32_t>(dos::pe_offset) : file.size();
    if (!file.has(header, coff::signature) || file.get<std::uint16_t>(header + coff::machine) != coff::machine_amd64 ||
        file.get<std::uint16_t>(header + coff::bytes) != optional_header::magic_pe32_plus) {
        throw Failure(ExitStatus::failed,
                      fmt::format("{} is no image (.sys, .exe, .dll) of 64-bit Windows.", file.name()));
    }
    const std::uint64_t optional = header + coff::bytes;
    const std::uint64_t table = optional + file.get<std::uint16_t>(header + coff::optional_size);
    const std::size_t count = file.get<std::uint16_t>(header + coff::sections);
    ImageFacts facts;
    facts.base = file.get<std::uint64_t>(optional + optional_header::image_base);
    facts.size = file.get<std::uint32_t>(optional + optional_header::image_size);
    for (std::size_t i = 0; i < count; ++i) {
        const std::uint64_t one = table + i * section::bytes;
        facts.sections.push_back(
            {file.get<std::uint32_t>(one + section::virtual_address),
             file.get<std::uint32_t>(one + section::virtual_size),
             (file.get<std::uint32_t>(one + section::characteristics) & section::executable) != 0});
    }
    if (file.get<std::uint32_t>(optional + optional_header::directory_count) <= optional_header::debug_directory) {
        return facts;
    }
    const auto directory = file.get<Directory>(optional + optional_header::directories +
                                               optional_header::debug_directory * sizeof(Directory));
    if (const auto place = offset_of(file, table, count, directory.address)) {
        for (std::uint64_t at = 0; at + debug::bytes <= directory.size && !facts.pdb; at += debug::bytes) {
            facts.pdb = read_reference(file, *place + at);
        }
    }
    return facts;
}

} // namespace nadir::tool
