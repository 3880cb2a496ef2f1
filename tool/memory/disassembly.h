// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Machine code in words. The library for it is the system's: tool/linux has it, and tool/windows says that it has none.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace nadir::tool {

struct Instruction {
    std::uint64_t address = 0;
    std::vector<std::uint8_t> bytes;
    std::string text;                         // "(bad)" for a byte that begins none
    std::optional<std::uint64_t> target = {}; // where it jumps to or calls, or what it reads relative to itself
};

inline constexpr std::size_t longest_instruction = 15;

// 64-bit code, Intel's syntax: all that begins within the first `size` bytes. What lies behind completes the last one.
// Throws Failure where there is no library for it.
std::vector<Instruction> disassemble(std::span<const std::uint8_t> code, std::size_t size, std::uint64_t address);

} // namespace nadir::tool
