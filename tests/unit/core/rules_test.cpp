// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What rules answer, and which ones are refused.
#include <string>

#include "arch/msr/index.h"
#include "core/rules/answer.h"
#include "core/rules/judge_rule.h"
#include "tests/unit/core/plan_fixture.h"

namespace nadir::test {
namespace {

using arch::BasicExitReason;
using arch::Cr0;
using arch::Cr4;

class RuleAtAnExit : public PlanTest {
protected:
    bool answers(BasicExitReason reason) {
        vcpu.answered.rules = 0;
        return core::answer_by_rule(vcpu, reason, outcome);
    }
    bool cpuid(uint32_t leaf, uint32_t subleaf) {
        vcpu.registers.rax() = leaf;
        vcpu.registers.rcx() = subleaf;
        return answers(BasicExitReason::cpuid);
    }
    bool mov_to_cr(unsigned number, uint64_t value) {
        field(vmcs::exit_qualification) = number | 3u << 8; // from RBX
        vcpu.registers.rbx() = value;
        return answers(BasicExitReason::control_register_access);
    }
    uint64_t cr4() { return field(vmcs::guest_cr4); }
    uint64_t cr4_seen() {
        const uint64_t mask = field(vmcs::cr4_mask);
        return (field(vmcs::guest_cr4) & ~mask) | (field(vmcs::cr4_read_shadow) & mask);
    }

    Outcome outcome{};
};

TEST_F(RuleAtAnExit, CpuidIsChangedByEachRuleInTurn) {
    make(0, {cpuid_rule(0, NADIR_CPUID_EBX, 0, 0x1234), cpuid_rule(0, NADIR_CPUID_EBX, ~0u, 0xF0000),
             cpuid_rule(0, NADIR_CPUID_EBX, 0xFFFF'FF00, 0)});
    ASSERT_TRUE(cpuid(0, 5));
    EXPECT_EQ(outcome, Outcome::advance);
    EXPECT_EQ(vcpu.registers.rbx(), 0xF1200u);
    EXPECT_EQ(vcpu.answered.rules, 7u);
    EXPECT_EQ(vcpu.answered.asked[0], uint64_t{5} << 32);
    EXPECT_EQ(vmm.rule_answers[0], 1u);
    EXPECT_EQ(vmm.rule_answers[2], 1u);
    EXPECT_FALSE(cpuid(1, 0));
    EXPECT_EQ(vmm.rule_answers[0], 1u);
}

TEST_F(RuleAtAnExit, CpuidOfOneSubleaf) {
    make(0, {{NADIR_RULE_CPUID, 4, 2, 0, NADIR_CPUID_EDX, 0, 0, 0x77}});
    EXPECT_FALSE(cpuid(4, 1));
    ASSERT_TRUE(cpuid(4, 2));
    EXPECT_EQ(vcpu.registers.rdx(), 0x77u);
}

TEST_F(RuleAtAnExit, MsrsExitAndAreAnswered) {
    make(0, {{NADIR_RULE_READ_MSR, 0x10, 0, 0, 0, 0, 0, 0x1122'3344'5566'7788},
             {NADIR_RULE_WRITE_MSR, 0x11, 0, 0, 0, NADIR_ACTION_REFUSE, 0, 0},
             {NADIR_RULE_WRITE_MSR, 0xC000'0103, 0, 0, 0, NADIR_ACTION_IGNORE, 0, 0}});
    const arch::MsrBitmap& bitmap = core::msr_bitmap_of(vmm, *vcpu.plan);
    EXPECT_TRUE(bitmap.read_exits(0x10) && bitmap.write_exits(0x11) && bitmap.write_exits(0xC000'0103));
    EXPECT_FALSE(bitmap.write_exits(0x10) || bitmap.read_exits(0x11));
    vcpu.registers.rcx() = 0x10;
    ASSERT_TRUE(answers(BasicExitReason::rdmsr));
    EXPECT_EQ(vcpu.registers.rax(), 0x5566'7788u);
    EXPECT_EQ(vcpu.registers.rdx(), 0x1122'3344u);
    EXPECT_FALSE(answers(BasicExitReason::wrmsr)) << "only reads have a rule";
    vcpu.registers.rcx() = 0x11;
    ASSERT_TRUE(answers(BasicExitReason::wrmsr));
    EXPECT_EQ(outcome, Outcome::general_protection);
    vcpu.registers.rcx() = 0xC000'0103;
    ASSERT_TRUE(answers(BasicExitReason::wrmsr));
    EXPECT_EQ(outcome, Outcome::advance);
}

TEST_F(RuleAtAnExit, APinnedBitStaysAndTheGuestSeesWhatItWrote) {
    field(vmcs::guest_cr4) = 0x0036'26E0; // with SMEP and SMAP
    field(vmcs::cr4_read_shadow) = 0x0036'06E0;
    field(vmcs::cr4_mask) = Cr4::vmxe_mask;
    make(0, {pin_rule(4, Cr4::smep_mask)});
    EXPECT_EQ(field(vmcs::cr4_mask), Cr4::vmxe_mask | Cr4::smep_mask);
    EXPECT_EQ(cr4_seen(), 0x0036'06E0u);
    const uint64_t without = 0x0026'06E0;
    ASSERT_TRUE(mov_to_cr(4, without));
    EXPECT_EQ(outcome, Outcome::retry);
    EXPECT_TRUE(Cr4{cr4()}.smep());
    EXPECT_EQ(cr4_seen() & Cr4::smep_mask, 0u);
    EXPECT_EQ(vmm.rule_answers[0], 1u);
    // Setting it again is no attempt to clear it.
    ASSERT_TRUE(mov_to_cr(4, 0x0036'06E0));
    EXPECT_EQ(vmm.rule_answers[0], 1u);
    EXPECT_NE(cr4_seen() & Cr4::smep_mask, 0u);
    // Let go, it becomes what the guest wrote.
    ASSERT_TRUE(mov_to_cr(4, without));
    make(0);
    EXPECT_FALSE(Cr4{cr4()}.smep());
    EXPECT_EQ(field(vmcs::cr4_mask), Cr4::vmxe_mask);
}

TEST_F(RuleAtAnExit, AnAttemptCanBeRefused) {
    field(vmcs::cr4_mask) = Cr4::vmxe_mask;
    make(0, {pin_rule(4, Cr4::smep_mask, NADIR_ACTION_REFUSE)});
    ASSERT_TRUE(mov_to_cr(4, 0x0026'06E0));
    EXPECT_EQ(outcome, Outcome::general_protection);
    EXPECT_EQ(cr4_seen(), 0x0036'06E0u);
    EXPECT_EQ(vmm.rule_answers[0], 1u);
}

TEST_F(RuleAtAnExit, WhatTheProcessorRefusesIsNotTheRules) {
    field(vmcs::cr4_mask) = Cr4::vmxe_mask;
    make(0, {pin_rule(4, Cr4::smep_mask)});
    ASSERT_TRUE(mov_to_cr(4, uint64_t{1} << 63));
    EXPECT_EQ(outcome, Outcome::general_protection);
    EXPECT_EQ(vmm.rule_answers[0], 0u);
    EXPECT_EQ(cr4_seen(), 0x0036'06E0u);
}

TEST_F(RuleAtAnExit, ABitThatIsClearIsPinnedWhenTheGuestSetsIt) {
    field(vmcs::guest_cr4) = 0x0026'26E0;
    field(vmcs::cr4_read_shadow) = 0x0026'06E0;
    field(vmcs::cr4_mask) = Cr4::vmxe_mask;
    make(0, {pin_rule(4, Cr4::smep_mask)});
    EXPECT_FALSE(Cr4{cr4()}.smep());
    ASSERT_TRUE(mov_to_cr(4, 0x0036'06E0));
    EXPECT_TRUE(Cr4{cr4()}.smep());
    ASSERT_TRUE(mov_to_cr(4, 0x0026'06E0));
    EXPECT_TRUE(Cr4{cr4()}.smep());
}

TEST_F(RuleAtAnExit, CetIsNotLeftWithoutWriteProtection) {
    make(0, {pin_rule(0, Cr0::wp_mask)});
    field(vmcs::cr0_read_shadow) &= ~Cr0::wp_mask;
    field(vmcs::guest_cr4) |= Cr4::cet_mask;
    make(0);
    EXPECT_TRUE(Cr0{field(vmcs::guest_cr0)}.wp()) << "VM entry would fail";
}

class Judgement : public ::testing::Test {
protected:
    bool accepted(const nadir_rule& rule) {
        char words[400] = {};
        const bool wise = core::judge_rule(rule, Cr4::smep_mask | Cr4::smap_mask, words);
        said = words;
        return wise;
    }
    std::string said;
};

TEST_F(Judgement, OfWhatWouldStopTheSystem) {
    const auto write = [](uint32_t msr) { return nadir_rule{NADIR_RULE_WRITE_MSR, msr, 0, 0, 0, 1, 0, 0}; };
    const auto read = [](uint32_t msr, uint64_t value) {
        return nadir_rule{NADIR_RULE_READ_MSR, msr, 0, 0, 0, 0, 0, value};
    };
    EXPECT_FALSE(accepted(write(0xC000'0100)));
    EXPECT_NE(said.find("each switch between tasks"), std::string::npos) << said;
    EXPECT_FALSE(accepted(write(0x80B)));
    EXPECT_FALSE(accepted(read(0x80B, 0)));
    EXPECT_FALSE(accepted(write(0x6E0)));
    EXPECT_TRUE(accepted(write(0xC000'0082)));
    EXPECT_FALSE(accepted(read(0xC000'0080, 0x1D01)));
    EXPECT_NE(said.find("reserved bits"), std::string::npos) << said;
    EXPECT_FALSE(accepted(read(0xC000'0080, 0x801)));
    EXPECT_TRUE(accepted(read(0xC000'0080, 0xD01)));
    EXPECT_FALSE(accepted({NADIR_RULE_PIN, 4, 0, 0, 0, 0, 0, Cr4::pae_mask}));
    EXPECT_NE(said.find("SMEP"), std::string::npos) << said;
    EXPECT_TRUE(accepted({NADIR_RULE_PIN, 4, 0, 0, 0, 0, 0, Cr4::smep_mask}));
    EXPECT_FALSE(accepted({NADIR_RULE_PIN, 4, 0, 0, 0, 0, 0, Cr4::umip_mask}));
    EXPECT_NE(said.find("has not all of these bits of CR4; it lacks 0x800"), std::string::npos) << said;
}

} // namespace
} // namespace nadir::test
