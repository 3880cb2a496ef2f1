// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Puts instructions together, byte by byte.
#pragma once

#include "tests/guest/conformance/fuzz/sequence.h"

namespace nadir::conformance::fuzz {

// Values at which something changes: of registers, and of what is written to where.
u64 boundary_value(Random& random);

class Maker {
public:
    Maker(Sequence& sequence, Random& randomness) : random(randomness), sequence_(sequence) {}

    Random& random;

    const Sequence& sequence() const { return sequence_; }
    bool in_32_bit() const { return is_32_bit(sequence_.mode); }
    bool at_cpl_0() const { return !is_user(sequence_.mode); }

    void begin(const char* name);
    Maker& byte(u32 value);
    Maker& bytes(const u8* values, u32 count);
    Maker& word32(u64 value);
    // MOV of a constant; outside 64-bit mode of its lower half. Register numbers from 8 on: 64-bit mode only.
    Maker& load(u32 reg, u64 value);

    // A MSR that is to be put back. False: there are too many already.
    [[nodiscard]] bool touches(u32 msr);
    void takes_time(); // its result depends on the time
    void waits();      // it waits for an interrupt
    // From here on VMXON could be carried out on a bare processor, and GETSEC too.
    void enables_vmx() { vmx_enabled_ = true; }
    bool vmx_enabled() const { return vmx_enabled_; }

private:
    Instruction& last() { return sequence_.instructions[sequence_.count - 1]; }

    Sequence& sequence_;
    bool vmx_enabled_ = false;
};

// A kind of instruction. `weight` is how often it is chosen, compared with the others.
struct Kind {
    const char* name;
    void (*make)(Maker& maker);
    u32 weight;
    bool cpl_0_only; // at CPL 3 it is always the same #GP, or it must not run there
};

// Those of one byte string each are chosen by `make_plain`; what needs operands stands in these tables.
struct KindTable {
    const Kind* kinds;
    u32 count;
};
extern const KindTable system_kinds; // control and debug registers, MSRs, XCR0
extern const KindTable event_kinds;  // flags, stack, shadows, software interrupts, returns

// An instruction without operands to prepare, now and then with a prefix that it shouldn't have.
void make_plain(Maker& maker);

} // namespace nadir::conformance::fuzz
