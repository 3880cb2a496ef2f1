// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/pdb_file.h"

#include "tool/exit_status.h"

#include <bit>
#include <fmt/format.h>
#include <optional>

namespace nadir::tool {

namespace {

constexpr std::string_view magic{"Microsoft C/C++ MSF 7.00\r\n\x1a"
                                 "DS\0\0\0",
                                 32};

struct SuperBlock {
    std::uint32_t block_size;
    std::uint32_t free_block_map;
    std::uint32_t block_count;
    std::uint32_t directory_bytes;
    std::uint32_t unknown;
    std::uint32_t directory_map; // the block that lists the directory's blocks
};

constexpr std::uint32_t info_stream = 1;
constexpr std::uint32_t debug_stream = 3;
constexpr std::uint32_t absent = ~0u;

struct Info {
    std::uint32_t version;
    std::uint32_t signature;
    std::uint32_t age;
    std::array<std::uint8_t, 16> guid;
};

struct DebugHeader {
    std::int32_t signature;
    std::uint32_t version;
    std::uint32_t age;
};

// A file of files, each in blocks anywhere; the directory of them is in blocks itself.
class Streams {
public:
    explicit Streams(BinaryFile& file) : file_(file), super_(file.get<SuperBlock>(magic.size())) {
        constexpr std::uint32_t smallest = 512;
        constexpr std::uint32_t largest = 1u << 16;
        if (!std::has_single_bit(super_.block_size) || super_.block_size < smallest || super_.block_size > largest) {
            throw Failure(ExitStatus::failed,
                          fmt::format("{} is damaged: blocks of {} bytes.", file.name(), super_.block_size));
        }
    }

    // The stream's beginning, which lies within its first block; nothing where there is no such stream, or a shorter one.
    template <class T>
    [[nodiscard]] std::optional<T> head(std::uint32_t stream) const {
        const std::uint32_t count = directory(0);
        if (stream >= count || size_of(stream) == absent || size_of(stream) < sizeof(T)) {
            return std::nullopt;
        }
        std::uint64_t word = 1 + std::uint64_t{count};
        for (std::uint32_t before = 0; before < stream; ++before) {
            word += size_of(before) == absent ? 0 : blocks(size_of(before));
        }
        return file_.get<T>(begin(directory(word)));
    }

private:
    [[nodiscard]] std::uint64_t begin(std::uint32_t block) const { return std::uint64_t{block} * super_.block_size; }
    [[nodiscard]] std::uint64_t blocks(std::uint32_t bytes) const {
        return (std::uint64_t{bytes} + super_.block_size - 1) / super_.block_size;
    }
    [[nodiscard]] std::uint32_t size_of(std::uint32_t stream) const { return directory(1 + std::uint64_t{stream}); }
    [[nodiscard]] std::uint32_t directory(std::uint64_t word) const {
        const std::uint64_t byte = word * sizeof(std::uint32_t);
        const auto block =
            file_.get<std::uint32_t>(begin(super_.directory_map) + byte / super_.block_size * sizeof(std::uint32_t));
        return file_.get<std::uint32_t>(begin(block) + byte % super_.block_size);
    }

    BinaryFile& file_;
    SuperBlock super_;
};

} // namespace

bool is_pdb(BinaryFile& file) { return file.has(0, magic); }

BuildId read_pdb_id(BinaryFile& file) {
    if (!is_pdb(file)) {
        throw Failure(
            ExitStatus::failed, fmt::format("{} is no PDB: it doesn't begin as one.", file.name()),
            "A PDB of .NET is none either, and one that is compressed (.pd_) has to be expanded: expand FILE.pd_ FILE.pdb.");
    }
    const Streams streams(file);
    const auto info = streams.head<Info>(info_stream);
    if (!info) {
        throw Failure(ExitStatus::failed,
                      fmt::format("{} is damaged: it doesn't say of which build it is.", file.name()));
    }
    // Tools that change a PDB later count in the first; images have the second.
    const auto header = streams.head<DebugHeader>(debug_stream);
    return {info->guid, header ? header->age : info->age};
}

} // namespace nadir::tool
