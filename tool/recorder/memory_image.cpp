// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/recorder/memory_image.h"

#include "tool/exit_status.h"
#include "tool/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <string_view>

namespace nadir::tool {

namespace {

// [System V ABI "ELF Header", "Program Header"], the 64-bit little-endian form.
struct ElfHeader {
    unsigned char identification[16];
    std::uint16_t type, machine;
    std::uint32_t version;
    std::uint64_t entry, program_headers, section_headers;
    std::uint32_t flags;
    std::uint16_t header_bytes, program_header_bytes, program_header_count;
    std::uint16_t section_header_bytes, section_header_count, section_names;
};
static_assert(sizeof(ElfHeader) == 64);

struct ProgramHeader {
    std::uint32_t type, flags;
    std::uint64_t offset, linear, physical, bytes_in_file, bytes_in_memory, alignment;
};
static_assert(sizeof(ProgramHeader) == 56);

constexpr std::uint16_t type_core = 4;
constexpr std::uint32_t segment_load = 1;
constexpr std::string_view elf_64_little = "\x7F"
                                           "ELF\x02\x01";

// What people have instead of an image, and what to do about it.
struct OtherFormat {
    std::string_view magic;
    const char* what;
    const char* advice;
};

constexpr const char* decompress = "Decompress it first.";
constexpr OtherFormat other_formats[] = {
    // makedumpfile refuses to make an ELF file of its own format.
    {"KDUMP   ", "a compressed dump of makedumpfile",
     "makedumpfile makes no ELF file of it any more: have the crash kernel write an ELF core file, by makedumpfile -E -d 0 "
     "(docs/hardware.md)."},
    {"makedumpfile", "a flattened dump of makedumpfile",
     "makedumpfile -R ELF_FILE < FILE makes an ELF core file of it, if it was written by makedumpfile -E "
     "(docs/hardware.md)."},
    {"\x1F\x8B", "compressed by gzip", decompress},
    {"\x28\xB5\x2F\xFD", "compressed by zstd", decompress},
    {"\xFD"
     "7zXZ",
     "compressed by xz", decompress},
    {"QFI\xFB", "a disk image of QEMU", "The monitor's command dump-guest-memory writes an image of memory."},
    {"\x7F"
     "ELF\x01",
     "a 32-bit ELF file", "Nadir's memory is that of a 64-bit system."},
};

[[noreturn]] void refuse(const std::string& path, const std::string& what, const std::string& advice) {
    throw Failure(ExitStatus::usage, fmt::format("{}: {}", path, what), advice);
}

constexpr std::uint64_t round_up(std::uint64_t address) {
    return (address + MemoryImage::page - 1) & ~(MemoryImage::page - 1);
}

} // namespace

MemoryImage::MemoryImage(const std::string& path) : path_(path) {
    std::error_code error;
    if (std::filesystem::is_directory(path_of(path), error)) {
        refuse(path, "a directory", "Give a file with an image of the machine's physical memory.");
    }
    errno = 0;
    file_.open(path_of(path), std::ios::binary);
    if (!file_ || !file_.seekg(0, std::ios::end)) {
        refuse(path, errno != 0 ? std::strerror(errno) : "can't be read", "Give a file that can be read.");
    }
    size_ = static_cast<std::uint64_t>(file_.tellg());
    char begin[16] = {};
    read(0, std::span(begin).first(std::min<std::uint64_t>(size_, sizeof(begin))));
    const std::string_view head(begin, sizeof(begin));
    for (const OtherFormat& other : other_formats) {
        if (head.starts_with(other.magic)) {
            refuse(path, fmt::format("this is {}, not an image of memory", other.what), other.advice);
        }
    }
    elf_ = head.starts_with(elf_64_little);
    if (elf_) {
        read_segments();
    } else {
        add_segment({0, 0, size_});
    }
    if (bytes() < page) {
        refuse(path, "less than one page of memory is in it",
               "Give an image of the machine's physical memory, raw or as an ELF core file.");
    }
}

void MemoryImage::read(std::uint64_t offset, std::span<char> to) {
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    if (!file_.read(to.data(), static_cast<std::streamsize>(to.size()))) {
        throw Failure(ExitStatus::failed, fmt::format("{}: can't be read at offset 0x{:x}", path_, offset));
    }
}

void MemoryImage::read_segments() {
    const auto is_there = [this](std::uint64_t offset, std::uint64_t bytes) {
        return offset <= size_ && bytes <= size_ - offset;
    };
    ElfHeader header;
    if (!is_there(0, sizeof(header))) {
        refuse(path_, "an ELF file that ends in its header", "It seems to be truncated.");
    }
    read(0, {reinterpret_cast<char*>(&header), sizeof(header)});
    if (header.type != type_core || header.program_header_bytes != sizeof(ProgramHeader)) {
        refuse(path_, "an ELF file, but no core file",
               "Give an image of the machine's physical memory, raw or as an ELF core file.");
    }
    for (std::uint64_t i = 0; i < header.program_header_count; ++i) {
        ProgramHeader segment;
        const std::uint64_t at = header.program_headers + i * sizeof(segment);
        if (at < header.program_headers || !is_there(at, sizeof(segment))) {
            refuse(path_, "an ELF file that ends in its table of segments", "It seems to be truncated.");
        }
        read(at, {reinterpret_cast<char*>(&segment), sizeof(segment)});
        if (segment.type == segment_load) {
            add_segment({segment.offset, segment.physical, segment.bytes_in_file});
        }
    }
}

// As far as the file has it, and from the first whole page on.
void MemoryImage::add_segment(Segment segment) {
    const std::uint64_t there =
        segment.offset < size_ ? std::min(segment.bytes, size_ - segment.offset) : std::uint64_t{0};
    missing_ += segment.bytes - there;
    const std::uint64_t skip = round_up(segment.physical) - segment.physical;
    if (there > skip) {
        segments_.push_back({segment.offset + skip, segment.physical + skip, there - skip});
    }
}

std::uint64_t MemoryImage::bytes() const {
    std::uint64_t sum = 0;
    for (const Segment& segment : segments_) {
        sum += segment.bytes;
    }
    return sum;
}

void MemoryImage::each_page(const std::function<void(std::uint64_t, std::span<const char>)>& look) {
    std::vector<char> part(256 * page);
    for (const Segment& segment : segments_) {
        const std::uint64_t whole = segment.bytes & ~(page - 1);
        for (std::uint64_t at = 0; at < whole; at += part.size()) {
            const std::span<char> here = std::span(part).first(std::min<std::uint64_t>(part.size(), whole - at));
            read(segment.offset + at, here);
            for (std::uint64_t in = 0; in < here.size(); in += page) {
                look(segment.physical + at + in, here.subspan(in, page));
            }
        }
    }
}

} // namespace nadir::tool
