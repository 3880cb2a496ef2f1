// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/fuzz/maker.h"

namespace nadir::conformance::fuzz {

u64 boundary_value(Random& random) {
    switch (random.below(8)) {
    case 0: return 0;
    case 1: return random.below(32);
    case 2: return ~0ull;
    case 3: return 1ull << random.below(64);
    case 4: return (1ull << random.below(64)) - 1;
    case 5: return 0xFFFF'FFFF'0000'0000 | random.below(16);
    case 6: return random.next() & 0xFFFF'FFFF;
    default: return random.next();
    }
}

void Maker::begin(const char* name) {
    Instruction& fresh = sequence_.instructions[sequence_.count++];
    fresh = {};
    for (u32 i = 0; name[i] != 0 && i + 1 < sizeof fresh.name; ++i)
        fresh.name[i] = name[i];
}

Maker& Maker::byte(u32 value) {
    Instruction& instruction = last();
    if (instruction.length < sizeof instruction.bytes)
        instruction.bytes[instruction.length++] = static_cast<u8>(value);
    return *this;
}

Maker& Maker::bytes(const u8* values, u32 count) {
    for (u32 i = 0; i < count; ++i)
        byte(values[i]);
    return *this;
}

Maker& Maker::word32(u64 value) {
    for (u32 i = 0; i < 4; ++i)
        byte(static_cast<u32>(value >> 8 * i & 0xFF));
    return *this;
}

Maker& Maker::load(u32 reg, u64 value) {
    if (in_32_bit())
        return byte(0xB8 + (reg & 7)).word32(value);
    return byte(0x48 | (reg >> 3)).byte(0xB8 + (reg & 7)).word32(value).word32(value >> 32);
}

bool Maker::touches(u32 msr) {
    for (u32 i = 0; i < sequence_.msr_count; ++i)
        if (sequence_.msrs[i] == msr)
            return true;
    if (sequence_.msr_count == maximum_msrs)
        return false;
    sequence_.msrs[sequence_.msr_count++] = msr;
    return true;
}

void Maker::takes_time() { sequence_.timed = true; }

void Maker::waits() { sequence_.timer = true; }

} // namespace nadir::conformance::fuzz
