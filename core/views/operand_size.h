// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How much memory an instruction touches by one access. A VM exit says where it begins and not how long it is; whether it reaches
// what somebody watches further behind, the instruction's bytes tell. [SDM2 "Opcode Map"]
#pragma once

#include <cstdint>

namespace nadir::core {

struct OperandSize {
    uint16_t bytes;  // at most
    uint16_t before; // how far below the first byte other accesses of it may go: stacks grow down
    bool exact;
    bool modifies; // it reads what it writes: an exit needn't say so
};

struct OperandMode {
    bool long_mode; // 64-bit
    bool wide;      // CS.D outside of it
};

namespace operand {

inline constexpr uint16_t whole_page = 4096;

constexpr OperandSize exactly(unsigned bytes) { return {static_cast<uint16_t>(bytes), 0, true, false}; }
constexpr OperandSize at_most(unsigned bytes) { return {static_cast<uint16_t>(bytes), 0, false, false}; }
// Several pushes.
constexpr OperandSize frame(unsigned bytes) { return {8, static_cast<uint16_t>(bytes), false, false}; }

struct Prefixes {
    bool operand_size, rex_w;
};

constexpr unsigned operand_bytes(OperandMode mode, Prefixes p) {
    if (mode.long_mode) {
        return p.rex_w ? 8 : p.operand_size ? 2 : 4;
    }
    return mode.wide != p.operand_size ? 4 : 2;
}

constexpr unsigned stack_bytes(OperandMode mode, Prefixes p) {
    return mode.long_mode ? (p.operand_size ? 2 : 8) : operand_bytes(mode, p);
}

constexpr OperandSize of_x87(uint8_t opcode, unsigned digit) {
    const bool environment = opcode == 0xD9 && (digit == 4 || digit == 6);
    const bool state = opcode == 0xDD && (digit == 4 || digit == 6);
    return at_most(environment ? 28 : state ? 108 : 10);
}

// An instruction that writes to its memory operand: has it read it?
constexpr bool modifies_one_byte(uint8_t opcode, unsigned digit) {
    constexpr unsigned compare = 7;
    if (opcode < 0x40) {
        return (opcode & 7) < 2; // ADD, OR, ADC, SBB, AND, SUB, XOR
    }
    const bool immediate = (opcode & 0xFC) == 0x80 && digit != compare;
    const bool exchange = (opcode & 0xFE) == 0x86;
    const bool shifts = (opcode & 0xFE) == 0xC0 || (opcode & 0xFC) == 0xD0;
    const bool negates = (opcode & 0xFE) == 0xF6 && (digit == 2 || digit == 3);
    const bool counts = (opcode & 0xFE) == 0xFE && digit < 2;
    return immediate || exchange || shifts || negates || counts;
}

constexpr bool modifies_two_bytes(uint8_t opcode) {
    switch (opcode) {
    case 0xA4: // SHLD, SHRD
    case 0xA5:
    case 0xAC:
    case 0xAD:
    case 0xAB: // BTS, BTR, BTC
    case 0xB3:
    case 0xBB:
    case 0xBA:
    case 0xB0: // CMPXCHG
    case 0xB1:
    case 0xC0: // XADD
    case 0xC1:
    case 0xC7: return true; // CMPXCHG8B
    default: return false;
    }
}

// Behind 0F.
constexpr OperandSize of_two_bytes(uint8_t opcode, unsigned digit, unsigned size, unsigned stack) {
    switch (opcode) {
    case 0xA0: // PUSH and POP of FS and GS
    case 0xA1:
    case 0xA8:
    case 0xA9: return exactly(stack);
    case 0xA3: // BT, BTS, BTR, BTC
    case 0xAB:
    case 0xB3:
    case 0xBB:
    case 0xBA:
    case 0xA4: // SHLD, SHRD
    case 0xA5:
    case 0xAC:
    case 0xAD:
    case 0xAF: // IMUL
    case 0xB1: // CMPXCHG
    case 0xC1: // XADD
    case 0xB8: // POPCNT
    case 0xBC: // BSF, BSR
    case 0xBD:
    case 0xC3: return exactly(size); // MOVNTI
    case 0xB0:
    case 0xC0:
    case 0xB6: // MOVZX, MOVSX
    case 0xBE: return exactly(1);
    case 0xB7:
    case 0xBF: return exactly(2);
    case 0xC7: // CMPXCHG8B and 16B; the others save and restore state
        return digit == 1 ? exactly(size == 8 ? 16 : 8) : at_most(whole_page);
    case 0xAE: return digit == 0 || digit == 1 ? at_most(512) : at_most(digit == 2 || digit == 3 ? 4 : whole_page);
    case 0x01: // descriptor tables
    case 0xB2:
    case 0xB4:
    case 0xB5: return at_most(10);
    default: break;
    }
    const unsigned row = opcode >> 4;
    return row == 4 ? exactly(size) : row == 9 ? exactly(1) : at_most(16); // CMOVcc, SETcc, the rest of SSE
}

constexpr OperandSize of_one_byte(uint8_t opcode, unsigned digit, unsigned size, unsigned stack, unsigned pointer) {
    const bool arithmetic = opcode < 0x40;
    const bool moves = (opcode & 0xFC) == 0x88 || (opcode & 0xFC) == 0x84 || opcode == 0xC6 || opcode == 0xC7;
    const bool shifts = opcode == 0xC0 || opcode == 0xC1 || (opcode & 0xFC) == 0xD0;
    const bool immediate = (opcode & 0xFC) == 0x80;
    const bool strings = (opcode >= 0xA0 && opcode <= 0xA7) || (opcode >= 0xAA && opcode <= 0xAF);
    const bool groups = (opcode == 0xF6 || opcode == 0xF7 || opcode == 0xFE) || (opcode == 0xFF && digit < 2);
    if (opcode == 0x83) {
        return exactly(size);
    }
    if (arithmetic && (opcode & 7) >= 6) {
        return exactly(stack); // PUSH and POP of segment registers
    }
    if (arithmetic || moves || shifts || immediate || strings || groups) {
        return exactly((opcode & 1) != 0 ? size : 1);
    }
    switch (opcode) {
    case 0x60: return frame(8 * stack);
    case 0x63: return at_most(4); // MOVSXD, ARPL
    case 0x69:
    case 0x6B: return exactly(size); // IMUL
    case 0x6C:
    case 0x6E: return exactly(1); // INS, OUTS
    case 0x6D:
    case 0x6F: return exactly(size < 4 ? size : 4);
    case 0x8C:
    case 0x8E: return exactly(2); // segment registers
    case 0x68:
    case 0x6A:
    case 0x8F:
    case 0x9C:
    case 0x9D:
    case 0xC2:
    case 0xC3:
    case 0xC9:
    case 0xE8: return exactly(stack);
    case 0xC8: return frame(whole_page); // ENTER
    case 0xFF:
        if (digit == 3 || digit == 5) {
            return {10, static_cast<uint16_t>(pointer), false, false}; // far: a pointer is read, two words are pushed
        }
        return exactly(stack);
    default: break;
    }
    if (opcode >= 0x50 && opcode < 0x60) {
        return exactly(stack);
    }
    if (opcode >= 0xD8 && opcode <= 0xDF) {
        return of_x87(opcode, digit);
    }
    return frame(48); // far calls and returns, INT n, IRET
}

} // namespace operand

// `count` bytes of the instruction, as many as there are.
constexpr OperandSize operand_size(const uint8_t* bytes, unsigned count, OperandMode mode) {
    operand::Prefixes prefixes{};
    unsigned at = 0;
    for (; at < count; ++at) {
        const uint8_t byte = bytes[at];
        const bool is_rex = mode.long_mode && (byte & 0xF0) == 0x40;
        const bool is_other = byte == 0x26 || byte == 0x2E || byte == 0x36 || byte == 0x3E || byte == 0x64 ||
                              byte == 0x65 || byte == 0x67 || byte == 0xF0 || byte == 0xF2 || byte == 0xF3;
        if (byte != 0x66 && !is_rex && !is_other) {
            break;
        }
        prefixes.operand_size |= byte == 0x66;
        prefixes.rex_w = is_rex && (byte & 8) != 0; // counts only right before the opcode
    }
    if (at + 1 >= count) {
        return operand::at_most(operand::whole_page); // cut off
    }
    const uint8_t opcode = bytes[at];
    const auto digit_of = [&](unsigned i) { return i < count ? (bytes[i] >> 3) & 7u : 7u; };
    const unsigned size = operand::operand_bytes(mode, prefixes);
    const unsigned stack = operand::stack_bytes(mode, prefixes);
    const bool is_memory_form = bytes[at + 1] < 0xC0;
    if (mode.long_mode || !is_memory_form) {
        if (opcode == 0xC4 || opcode == 0xC5) {
            return operand::at_most(32); // VEX
        }
        if (opcode == 0x62) {
            return operand::at_most(64); // EVEX
        }
    }
    if (opcode != 0x0F) {
        OperandSize result = operand::of_one_byte(opcode, digit_of(at + 1), size, stack, 2 * stack);
        result.modifies = operand::modifies_one_byte(opcode, digit_of(at + 1));
        return result;
    }
    const uint8_t second = bytes[at + 1];
    const bool three_bytes = second == 0x38 || second == 0x3A;
    if (three_bytes && at + 2 < count && (bytes[at + 2] & 0xFE) == 0xF0) {
        return operand::at_most(size); // MOVBE, CRC32
    }
    OperandSize result = operand::of_two_bytes(second, digit_of(at + 2), size, stack);
    result.modifies = operand::modifies_two_bytes(second);
    return result;
}

} // namespace nadir::core
