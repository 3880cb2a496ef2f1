// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The registers that GDB sees, by the numbers that it gives them: first those that it expects of an x86-64 processor, in the
// order that it is used to; behind them what only a debugger from beneath can show.
// [Debugging with GDB, "i386 Features" of "Standard Target Features"]
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace nadir::core::gdb {

enum class Register : uint8_t {
#define NADIR_GDB_REGISTER(name, bits, type, fields) name,
#include "core/gdb/registers.inc"
#undef NADIR_GDB_REGISTER
};

// What GDB is told of a field. arch's own rows have words and functions as well, which would be in root mode's image for nothing.
struct FieldRow {
    std::string_view name;
    uint8_t high;
    uint8_t low;
};

struct RegisterRow {
    std::string_view name;
    uint8_t bits;
    std::string_view type; // for GDB's printing; with fields it is a type of its own
    std::span<const FieldRow> fields;
};

extern const std::span<const RegisterRow> registers;

// What a `g` packet has: the features that GDB knows. The others are asked for one by one.
inline constexpr uint32_t core_registers = static_cast<uint32_t>(Register::fs_base);
inline constexpr uint32_t general_registers = static_cast<uint32_t>(Register::k_gs_base);

// st0 to st7 and their kin: root mode doesn't touch them, so they stay in the processor and can't be shown.
constexpr bool is_available(Register which) { return which < Register::st0 || which > Register::fop; }

constexpr uint32_t bytes_of(const RegisterRow& row) { return row.bits / 8u; }

} // namespace nadir::core::gdb
