// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a sequence may change of the processor, besides the general registers: put into a known state before it, read after it,
// and put back for the kernel that goes on.
#pragma once

#include "tests/guest/conformance/fuzz/sequence.h"

namespace nadir::conformance::fuzz {

// Where the results go: into the digest, and to the console where they are to be read.
class Findings {
public:
    explicit Findings(bool verbose) : verbose_(verbose) {}
    void note(const char* what, u64 value, bool worth_reading = true);
    u64 digest() const { return digest_.value(); }

private:
    Digest digest_;
    bool verbose_;
};

class MachineState {
public:
    // Before the first sequence on this processor: how it is to be. nullptr, or why sequences can't run here.
    const char* capture();

    void prepare(const Sequence& sequence);
    // In this order: what the processor needs to go on, and then the rest.
    void settle(const Sequence& sequence, Findings& findings);
    void finish(const Sequence& sequence, Findings& findings);

private:
    u64 cr0_, cr3_, cr4_, xcr0_, efer_, gs_base_;
    u64 msrs_[maximum_msrs];
    bool msr_readable_[maximum_msrs];
};

// The local APIC's vectors in sequences.
constexpr u32 vector_pending = 0x50;
constexpr u32 vector_timer = 0x51;

} // namespace nadir::conformance::fuzz
