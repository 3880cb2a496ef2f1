// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Is it SYSCALL or SYSRET? An exception says where an instruction is and not which one: so its bytes have to be read.
// [SDM2 "Instruction Format"], in 64-bit mode, the only one in which the two exist.
#pragma once

#include <cstdint>

namespace nadir::core {

struct SystemInstruction {
    enum class Kind : uint8_t { other, system_call, system_return };

    Kind kind;
    uint8_t length;
    bool wide; // REX.W: SYSRET to 64-bit mode
};

// `fetch(byte)` gives the instruction's next byte, or false where there is none to be read.
template <typename Fetch>
SystemInstruction decode_system_instruction(Fetch fetch) {
    constexpr SystemInstruction other{SystemInstruction::Kind::other, 0, false};
    constexpr uint8_t most_bytes = 15;
    uint8_t rex = 0; // counts only right before the opcode
    for (uint8_t length = 1; length < most_bytes; ++length) {
        uint8_t byte = 0;
        if (!fetch(byte)) {
            return other;
        }
        switch (byte) {
        case 0x26: // segment overrides
        case 0x2E:
        case 0x36:
        case 0x3E:
        case 0x64:
        case 0x65:
        case 0x66: // operand size, address size
        case 0x67:
        case 0xF2: // REPNE, REP: without a meaning here; LOCK would raise #UD
        case 0xF3: rex = 0; continue;
        case 0x0F: break;
        default:
            if ((byte & 0xF0) != 0x40) {
                return other;
            }
            rex = byte;
            continue;
        }
        if (!fetch(byte)) {
            return other;
        }
        const bool wide = (rex & 0x08) != 0;
        ++length;
        switch (byte) {
        case 0x05: return {SystemInstruction::Kind::system_call, length, wide};
        case 0x07: return {SystemInstruction::Kind::system_return, length, wide};
        default: return other;
        }
    }
    return other;
}

} // namespace nadir::core
