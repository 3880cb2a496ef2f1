// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/registers.h"

#include <array>

#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/msr/efer.h"
#include "arch/rflags.h"

namespace nadir::core::gdb {

namespace {

struct None {
    static constexpr std::span<const arch::Field> fields{};
};

template <typename Type>
constexpr auto fields_of = [] {
    constexpr std::span<const arch::Field> all = Type::fields;
    std::array<FieldRow, all.size()> kept{};
    for (unsigned i = 0; i < all.size(); ++i) {
        kept[i] = {all[i].name, all[i].high, all[i].low};
    }
    return kept;
}();

constexpr RegisterRow rows[] = {
#define NADIR_GDB_REGISTER(name, bits, type, arch_type) {#name, bits, type, fields_of<arch_type>},
#include "core/gdb/registers.inc"
#undef NADIR_GDB_REGISTER
};

} // namespace

constinit const std::span<const RegisterRow> registers = rows;

} // namespace nadir::core::gdb
