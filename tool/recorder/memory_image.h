// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An image of a machine's physical memory in a file: raw (the file's bytes are the memory's, from address 0 on), or an ELF
// core file whose segments say where in memory they were (vmcore of kdump, dump-guest-memory of QEMU).
#pragma once

#include <cstdint>
#include <fstream>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace nadir::tool {

class MemoryImage {
public:
    static constexpr std::uint64_t page = 4096;

    // Throws Failure for a file that can't be read, or that is none of these.
    explicit MemoryImage(const std::string& path);

    // Calls `look(physical address, bytes)` for every whole page.
    void each_page(const std::function<void(std::uint64_t, std::span<const char>)>& look);

    [[nodiscard]] bool is_elf() const { return elf_; }
    [[nodiscard]] std::uint64_t bytes() const;                             // of memory in it
    [[nodiscard]] std::uint64_t bytes_missing() const { return missing_; } // which the file should have

private:
    struct Segment {
        std::uint64_t offset;   // in the file
        std::uint64_t physical; // both a multiple of a page apart
        std::uint64_t bytes;
    };

    void read(std::uint64_t offset, std::span<char> to);
    void read_segments();
    void add_segment(Segment segment);

    std::string path_;
    std::ifstream file_;
    std::uint64_t size_ = 0;
    std::uint64_t missing_ = 0;
    bool elf_ = false;
    std::vector<Segment> segments_;
};

} // namespace nadir::tool
