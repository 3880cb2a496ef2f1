// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An image of Windows and a PDB, as far as anything but the system's own reader looks at them.
#pragma once

#include "tool/symbols/build_id.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace nadir::test {

template <class T>
void put(std::string& file, std::size_t offset, T value) {
    file.resize(std::max(file.size(), offset + sizeof(T)));
    std::memcpy(file.data() + offset, &value, sizeof(T));
}

inline void put_text(std::string& file, std::size_t offset, std::string_view text) {
    file.resize(std::max(file.size(), offset + text.size()));
    text.copy(file.data() + offset, text.size());
}

inline tool::BuildId example_build(std::uint32_t age = 3) {
    return {{0x05, 0x28, 0xc5, 0x7b, 0x3e, 0x4b, 0x27, 0xb8, 1, 2, 3, 4, 5, 6, 7, 8}, age};
}

// Code at 1000h and data at 2000h, which is where the debug directory lies.
inline std::string example_image(const tool::BuildId& id, std::string_view pdb) {
    constexpr std::size_t pe = 0x80;
    constexpr std::size_t optional = pe + 24;
    constexpr std::uint16_t optional_bytes = 240;
    constexpr std::size_t section = optional + optional_bytes;
    constexpr std::uint32_t raw = 0x400;
    std::string file;
    put_text(file, 0, "MZ");
    put<std::uint32_t>(file, 0x3c, pe);
    put_text(file, pe, std::string_view("PE\0\0", 4));
    put<std::uint16_t>(file, pe + 4, 0x8664);
    put<std::uint16_t>(file, pe + 6, 2);
    put<std::uint16_t>(file, pe + 20, optional_bytes);
    put<std::uint16_t>(file, optional, 0x20b);
    put<std::uint64_t>(file, optional + 24, 0x140000000);
    put<std::uint32_t>(file, optional + 56, 0x3000);
    put<std::uint32_t>(file, optional + 108, 16);
    put<std::uint32_t>(file, optional + 112 + 6 * 8, 0x2010);
    put<std::uint32_t>(file, optional + 112 + 6 * 8 + 4, 28);
    put<std::uint32_t>(file, section + 8, 0x1000);
    put<std::uint32_t>(file, section + 12, 0x1000);
    put<std::uint32_t>(file, section + 36, 0x60000020);
    put<std::uint32_t>(file, section + 40 + 8, 0x1000);
    put<std::uint32_t>(file, section + 40 + 12, 0x2000);
    put<std::uint32_t>(file, section + 40 + 16, 0x200);
    put<std::uint32_t>(file, section + 40 + 20, raw);
    put<std::uint32_t>(file, section + 40 + 36, 0x40000040);
    put<std::uint32_t>(file, raw + 0x10 + 12, 2);
    put<std::uint32_t>(file, raw + 0x10 + 16, static_cast<std::uint32_t>(24 + pdb.size() + 1));
    put<std::uint32_t>(file, raw + 0x10 + 24, raw + 0x40);
    put_text(file, raw + 0x40, "RSDS");
    put(file, raw + 0x44, id.guid);
    put(file, raw + 0x54, id.age);
    put_text(file, raw + 0x58, std::string(pdb) + '\0');
    return file;
}

// Streams 1 and 3 only, whose ages differ, as those of a PDB do that a tool has changed.
inline std::string example_pdb(const tool::BuildId& id) {
    constexpr std::uint32_t block = 512;
    std::string file;
    put_text(file, 0,
             std::string_view("Microsoft C/C++ MSF 7.00\r\n\x1a"
                              "DS\0\0\0",
                              32));
    put(file, 32, block);
    put<std::uint32_t>(file, 40, 7);
    put<std::uint32_t>(file, 44, 4 * 8);
    put<std::uint32_t>(file, 52, 3);        // where the directory is
    put<std::uint32_t>(file, 3 * block, 6); // it is there
    const std::array<std::uint32_t, 9> directory = {4, 600, 28, ~0u, 12, 1, 2, 5, 4};
    put(file, 6 * block, directory);
    put<std::uint32_t>(file, 5 * block + 8, id.age + 1);
    put(file, 5 * block + 12, id.guid);
    put<std::uint32_t>(file, 4 * block, ~0u);
    put(file, 4 * block + 8, id.age);
    return file;
}

} // namespace nadir::test
