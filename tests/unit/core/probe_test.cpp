// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Which processors count as equal to the probed one, and so are not judged anew with interrupts off.
#include "core/probe.h"

#include <cstring>

#include <gtest/gtest.h>

#include "arch/control_registers.h"
#include "check/support.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

using arch::Capabilities;

class Probe : public MachineTest {
protected:
    const Capabilities probed = core::read_processor_capabilities();

    Capabilities other = probed;
};

check::SupportReport judgement(const Capabilities& c) {
    check::SupportReport report;
    check::assess(c, {}, report);
    return report;
}

// The refusals alone: these are what a processor is asked for.
bool refuse_alike(const Capabilities& a, const Capabilities& b) {
    const check::SupportReport left = judgement(a), right = judgement(b);
    return left.status() == right.status() && left.verdict() == right.verdict() && left.count == right.count;
}

TEST_F(Probe, TheSameProcessorSaysTheSame) { EXPECT_TRUE(core::say_the_same(other, probed)); }

TEST_F(Probe, WhatDiffersBetweenTheProcessorsOfOneSystemIsNoDifference) {
    other.leaf_1.ebx ^= 1u << 24; // its APIC's number
    other.leaf_d.ebx = 576;       // it has less in XCR0
    other.leaf_d_1.ebx = 0;
    other.cr0 ^= arch::Cr0::ts_mask;
    other.cr4 ^= arch::Cr4::pse_mask;
    EXPECT_TRUE(core::say_the_same(other, probed));
}

TEST_F(Probe, WhatIsJudgedIsADifference) {
    for (const uint64_t bit : {uint64_t{arch::Cr4::vmxe_mask}, uint64_t{arch::Cr4::fred_mask},
                               uint64_t{arch::Cr4::uintr_mask}, uint64_t{1} << 63}) {
        other = probed;
        other.cr4 ^= bit;
        EXPECT_FALSE(core::say_the_same(other, probed)) << std::hex << bit;
    }
    other = probed;
    other.cr0 ^= uint64_t{1} << 40;
    EXPECT_FALSE(core::say_the_same(other, probed));
}

TEST_F(Probe, WhatVmxDemandsOfCr4IsJudged) {
    Capabilities demanding = probed;
    demanding.set_msr(arch::capability_msr::vmx_cr4_fixed0,
                      probed.msr(arch::capability_msr::vmx_cr4_fixed0) | arch::Cr4::pse_mask);
    other = demanding;
    other.cr4 ^= arch::Cr4::pse_mask;
    EXPECT_FALSE(core::say_the_same(other, demanding));
}

// Of every bit that a processor says of itself: what would be judged otherwise is never overlooked.
TEST_F(Probe, NoBitIsOverlookedThatChangesTheJudgement) {
    unsigned overlooked = 0, changes = 0;
    for (unsigned bit = 0; bit < sizeof(Capabilities) * 8; ++bit) {
        uint8_t bytes[sizeof(Capabilities)];
        std::memcpy(bytes, &probed, sizeof(bytes));
        bytes[bit / 8] = static_cast<uint8_t>(bytes[bit / 8] ^ 1u << (bit % 8));
        std::memcpy(&other, bytes, sizeof(bytes));
        const bool changed = !refuse_alike(other, probed);
        changes += changed ? 1 : 0;
        const bool same = core::say_the_same(other, probed);
        overlooked += same ? 1 : 0;
        EXPECT_FALSE(same && changed) << "byte " << bit / 8 << ", bit " << bit % 8;
    }
    EXPECT_GT(changes, 20u) << "nothing was judged";
    EXPECT_GT(overlooked, 100u);
    EXPECT_LT(overlooked, 3 * 32 + 128u);
}

} // namespace
} // namespace nadir::test
