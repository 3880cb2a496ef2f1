// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/symbols/binary_file.h"

#include "tool/exit_status.h"
#include "tool/files.h"

#include <fmt/format.h>

namespace nadir::tool {

BinaryFile::BinaryFile(const std::string& name) : name_(name), stream_(path_of(name), std::ios::binary) {
    stream_.seekg(0, std::ios::end);
    const std::streamoff end = stream_.tellg();
    if (!stream_ || end < 0) {
        throw Failure(ExitStatus::usage, fmt::format("{} can't be read.", name));
    }
    size_ = static_cast<std::uint64_t>(end);
}

std::vector<char> BinaryFile::bytes(std::uint64_t offset, std::uint64_t count) {
    if (offset > size_ || count > size_ - offset) {
        throw Failure(
            ExitStatus::failed,
            fmt::format("{} is damaged: it has {} bytes, and should have {} at {:#x}.", name_, size_, count, offset),
            "Copy or build it once more.");
    }
    std::vector<char> read(count);
    stream_.clear();
    stream_.seekg(static_cast<std::streamoff>(offset));
    stream_.read(read.data(), static_cast<std::streamsize>(count));
    if (!stream_) {
        throw Failure(ExitStatus::failed, fmt::format("{} can't be read at {:#x}.", name_, offset));
    }
    return read;
}

bool BinaryFile::has(std::uint64_t offset, std::string_view magic) {
    if (offset > size_ || magic.size() > size_ - offset) {
        return false;
    }
    const std::vector<char> there = bytes(offset, magic.size());
    return std::string_view(there.data(), there.size()) == magic;
}

} // namespace nadir::tool
