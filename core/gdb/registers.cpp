// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/registers.h"

#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/msr/efer.h"
#include "arch/rflags.h"

namespace nadir::core::gdb {

namespace {

struct None {
    static constexpr std::span<const arch::Field> fields{};
};

constexpr RegisterRow rows[] = {
#define NADIR_GDB_REGISTER(name, bits, type, arch_type) {#name, bits, type, arch_type::fields},
#include "core/gdb/registers.inc"
#undef NADIR_GDB_REGISTER
};

} // namespace

constinit const std::span<const RegisterRow> registers = rows;

} // namespace nadir::core::gdb
