// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/capabilities.h"

#include "arch/capability_reading.h"
#include "arch/msr/index.h"
#include "control/control.h"
#include "tests/unit/check/example_processor.h"

#include <cstring>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <utility>

namespace nadir {
namespace {

namespace msr = arch::capability_msr;
using arch::Capabilities;
using arch::CpuidRegisters;

static_assert(sizeof(Capabilities) <= NADIR_CAPABILITIES_BYTES);
static_assert(test::example_processor().vmx());

// A processor made of tables. Asking for an MSR that it lacks is what faults on a real one.
struct TableReader {
    std::map<std::pair<std::uint32_t, std::uint32_t>, CpuidRegisters> leaves;
    std::map<std::uint32_t, std::uint64_t> msrs;
    std::set<std::uint32_t> asked;

    CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t subleaf) const {
        const auto found = leaves.find({leaf, subleaf});
        EXPECT_NE(found, leaves.end()) << "leaf " << std::hex << leaf << " is not there";
        return found == leaves.end() ? CpuidRegisters{} : found->second;
    }
    std::optional<std::uint64_t> msr(std::uint32_t index) {
        asked.insert(index);
        const auto found = msrs.find(index);
        EXPECT_NE(found, msrs.end()) << "MSR " << std::hex << index << " is not there";
        return found == msrs.end() ? std::nullopt : std::optional(found->second);
    }
};

struct Cpl0Reader : TableReader {
    arch::ControlRegisters control_registers() const { return {0x80050033, 0x3606E0}; }
};

// Holds exactly what the processor described by `caps` has.
template <typename Reader>
Reader reader_of(const Capabilities& caps) {
    Reader reader;
    reader.leaves = {
        {{0, 0}, caps.leaf_0},
        {{1, 0}, caps.leaf_1},
        {{7, 0}, caps.leaf_7},
        {{0xA, 0}, caps.leaf_a},
        {{0xD, 0}, caps.leaf_d},
        {{0xD, 1}, caps.leaf_d_1},
        {{0x80000000, 0}, caps.leaf_80000000},
        {{0x80000001, 0}, caps.leaf_80000001},
        {{0x80000007, 0}, caps.leaf_80000007},
        {{0x80000008, 0}, caps.leaf_80000008},
    };
    for (std::uint32_t slot = 0; slot < msr::slots; ++slot) {
        if (caps.msr_known(msr::index_of(slot))) {
            reader.msrs[msr::index_of(slot)] = caps.msr(msr::index_of(slot));
        }
    }
    return reader;
}

TEST(Capabilities, SlotsAndIndicesAgree) {
    std::set<std::uint32_t> seen;
    for (std::uint32_t slot = 0; slot < msr::slots; ++slot) {
        EXPECT_EQ(msr::slot_of(msr::index_of(slot)), slot);
        seen.insert(msr::index_of(slot));
    }
    EXPECT_EQ(seen.size(), msr::slots);
    EXPECT_EQ(msr::slot_of(0x10), msr::no_slot);
    EXPECT_EQ(msr::slot_of(0x494), msr::no_slot);
}

TEST(Capabilities, UnknownMsrsAreNotGuessed) {
    Capabilities caps{};
    EXPECT_FALSE(caps.msr_known(msr::vmx_basic));
    EXPECT_EQ(caps.basic(), 0u);
    EXPECT_FALSE(caps.secondary_available());
    caps.set_msr(0x10, 1);
    EXPECT_FALSE(caps.msr_known(0x10));
    caps.set_msr(msr::vmx_basic, 7);
    EXPECT_TRUE(caps.msr_known(msr::vmx_basic));
    caps.forget_msr(msr::vmx_basic);
    EXPECT_FALSE(caps.msr_known(msr::vmx_basic));
    EXPECT_EQ(caps.basic(), 0u);
}

TEST(Capabilities, TrueControlsDecide) {
    Capabilities caps = test::example_processor();
    EXPECT_EQ(caps.primary(), (arch::ControlBounds{0x04006172, 0xFFF9FFFE}));
    EXPECT_EQ(caps.exit().must_be_one, 0x00036DFBu);
    EXPECT_EQ(caps.entry().must_be_one, 0x000011FBu);
    test::clear_msr_bits(caps, msr::vmx_basic, 1ull << 55);
    EXPECT_EQ(caps.primary().must_be_one, 0x0401E172u);
    EXPECT_EQ(caps.exit().must_be_one, 0x00036DFFu);
    EXPECT_EQ(caps.entry().must_be_one, 0x000011FFu);
    EXPECT_EQ(caps.pin().may_be_one, 0x7Fu);
}

TEST(Capabilities, Decoded) {
    const Capabilities caps = test::example_processor();
    EXPECT_EQ(caps.vmcs_revision(), 4u);
    EXPECT_EQ(caps.vmcs_bytes(), 1024u);
    EXPECT_EQ(caps.physical_address_bits(), 39u);
    EXPECT_EQ(caps.linear_address_bits(), 48u);
    EXPECT_TRUE(caps.genuine_intel());
    EXPECT_TRUE(caps.ept_available());
    EXPECT_TRUE(caps.rdtscp());
    EXPECT_TRUE(caps.xsaves());
    EXPECT_TRUE(caps.invpcid());
    EXPECT_TRUE(caps.secondary().accepts(0x82));
    EXPECT_FALSE(caps.secondary().accepts(1ull << 26));
}

TEST(CapabilityReading, ReadsBackWhatAProcessorHas) {
    const Capabilities caps = test::example_processor();
    auto reader = reader_of<Cpl0Reader>(caps);
    const Capabilities read = arch::read_capabilities(reader);
    EXPECT_EQ(read.known_msrs, caps.known_msrs);
    EXPECT_EQ(read.leaf_80000008, caps.leaf_80000008);
    EXPECT_EQ(read.cr4, caps.cr4);
    EXPECT_EQ(read.has_control_registers, 1u);
    EXPECT_EQ(std::memcmp(&read, &caps, sizeof(caps)), 0);
}

TEST(CapabilityReading, UserModeKnowsNoControlRegisters) {
    auto reader = reader_of<TableReader>(test::example_processor());
    EXPECT_EQ(arch::read_capabilities(reader).has_control_registers, 0u);
}

// Each of these lacks something; the reader then must not ask for the MSRs that go with it.
TEST(CapabilityReading, AsksForNoMsrThatDoesNotExist) {
    const auto check = [](const char* what, auto change, std::set<std::uint32_t> forbidden) {
        SCOPED_TRACE(what);
        Capabilities caps = test::example_processor();
        change(caps);
        for (const std::uint32_t index : forbidden) {
            caps.forget_msr(index);
        }
        auto reader = reader_of<TableReader>(caps);
        EXPECT_TRUE(arch::read_capabilities(reader).valid());
        for (const std::uint32_t index : forbidden) {
            EXPECT_FALSE(reader.asked.contains(index)) << std::hex << index;
        }
    };
    std::set<std::uint32_t> vmx_msrs;
    for (std::uint32_t index = 0x480; index <= 0x493; ++index) {
        vmx_msrs.insert(index);
    }
    check(
        "no VMX, but SMX", [](Capabilities& caps) { caps.leaf_1.ecx &= ~(1u << 5); }, vmx_msrs);
    vmx_msrs.insert(msr::feature_control);
    check(
        "neither VMX nor SMX", [](Capabilities& caps) { caps.leaf_1.ecx &= ~(3u << 5); }, vmx_msrs);
    check("no MTRRs", [](Capabilities& caps) { caps.leaf_1.edx &= ~(1u << 12); }, {msr::mtrr_cap});
    check("no EFER", [](Capabilities& caps) { caps.leaf_80000001.edx = 0; }, {msr::efer});
    check("no TRUE MSRs", [](Capabilities& caps) { test::clear_msr_bits(caps, msr::vmx_basic, 1ull << 55); },
          {msr::vmx_true_pin, msr::vmx_true_primary, msr::vmx_true_exit, msr::vmx_true_entry});
    check("no secondary controls", [](Capabilities& caps) { test::clear_msr_bits(caps, msr::vmx_primary, 1ull << 63); },
          {msr::vmx_secondary, msr::vmx_ept_vpid, msr::vmx_vm_functions});
    check("neither EPT nor VPID",
          [](Capabilities& caps) { test::clear_msr_bits(caps, msr::vmx_secondary, 0x22ull << 32); },
          {msr::vmx_ept_vpid});
    check("no VM functions", [](Capabilities& caps) { test::clear_msr_bits(caps, msr::vmx_secondary, 1ull << 45); },
          {msr::vmx_vm_functions});
}

TEST(CapabilityReading, NewerMsrsWhereAnnounced) {
    Capabilities caps = test::example_processor();
    test::set_msr_bits(caps, msr::vmx_primary, 1ull << (32 + 17));
    test::set_msr_bits(caps, msr::vmx_exit, 1ull << 63);
    caps.set_msr(msr::vmx_tertiary, 0x10);
    caps.set_msr(msr::vmx_secondary_exit, 0x8);
    auto reader = reader_of<TableReader>(caps);
    const Capabilities read = arch::read_capabilities(reader);
    EXPECT_EQ(read.tertiary().may_be_one, 0x10u);
    EXPECT_EQ(read.secondary_exit().may_be_one, 0x8u);
}

} // namespace
} // namespace nadir
