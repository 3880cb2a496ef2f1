// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Instructions that a step by the trap flag (core/trap_flag_step.h) can't let through: they read or write the flags that it hides, or
// keep its trap back.
#pragma once

#include <cstdint>

namespace nadir::core {

constexpr unsigned skip_prefixes(const uint8_t* bytes, unsigned count) {
    constexpr uint8_t prefixes[] = {0x26, 0x2E, 0x36, 0x3E, 0x64, 0x65, 0x66, 0x67, 0xF0, 0xF2, 0xF3};
    const auto is_prefix = [&prefixes](uint8_t byte) {
        for (const uint8_t prefix : prefixes) {
            if (byte == prefix) {
                return true;
            }
        }
        return (byte & 0xF0) ==
               0x40; // REX; outside 64-bit mode an instruction of one byte, and then the worst is a refusal
    };
    unsigned i = 0;
    while (i < count && is_prefix(bytes[i])) {
        ++i;
    }
    return i;
}

constexpr bool is_move_to_ss(uint8_t modrm) {
    constexpr unsigned ss = 2;
    return ((modrm >> 3) & 7) == ss;
}

// POP SS, LSS and MOV to SS, which keep traps and interrupts back for one more instruction.
constexpr bool loads_stack_segment(const uint8_t* bytes, unsigned count) {
    const unsigned i = skip_prefixes(bytes, count);
    if (i + 1 >= count) {
        return false;
    }
    const uint8_t next = bytes[i + 1];
    return bytes[i] == 0x17 || (bytes[i] == 0x8E && is_move_to_ss(next)) || (bytes[i] == 0x0F && next == 0xB2);
}

// PUSHF, POPF, IRET, INT n, INTO, INT1, CLI, STI, SYSCALL, SYSRET, SYSENTER, SYSEXIT, POP SS, LSS and MOV to SS, with any prefix. INT3 isn't among
// them: it exits. `bytes`: the longest instruction's 15, or as many as there are.
constexpr bool uses_hidden_flags(const uint8_t* bytes, unsigned count) {
    const unsigned i = skip_prefixes(bytes, count);
    if (i + 1 >= count) {
        return true; // cut off: better refused
    }
    const uint8_t next = bytes[i + 1];
    switch (bytes[i]) {
    case 0x9C: // PUSHF
    case 0x9D: // POPF
    case 0xCD: // INT n
    case 0xCE: // INTO
    case 0xCF: // IRET
    case 0xF1: // INT1
    case 0xFA: // CLI
    case 0xFB: // STI
    case 0x17: // POP SS
        return true;
    case 0x8E: return is_move_to_ss(next);
    case 0x0F: return next == 0x05 || next == 0x07 || next == 0x34 || next == 0x35 || next == 0xB2;
    default: return false;
    }
}

} // namespace nadir::core
