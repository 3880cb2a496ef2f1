// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The handlers of the exits that instructions cause.
#include "core/exits/cpuid.h"
#include "core/exits/handlers.h"

#include <memory>

#include "core/msr_policy.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class Cpuid : public RootTest {};

TEST_F(Cpuid, AnswersAreTheProcessorsAnd32BitsWide) {
    machine.set_cpuid(0x1234, 5, {0xFFFF'FFFF, 0x8000'0001, 3, 0xF000'0004});
    for (uint64_t& r : vcpu.registers.value) {
        r = 0x7777'7777'7777'7777;
    }
    vcpu.registers.rax() = 0xFFFF'FFFF'0000'1234; // upper halves don't count
    vcpu.registers.rcx() = 0x8888'8888'0000'0005;
    EXPECT_EQ(core::exits::cpuid(vcpu), Outcome::advance);
    EXPECT_EQ(vcpu.registers.rax(), 0xFFFF'FFFFu);
    EXPECT_EQ(vcpu.registers.rbx(), 0x8000'0001u);
    EXPECT_EQ(vcpu.registers.rcx(), 3u);
    EXPECT_EQ(vcpu.registers.rdx(), 0xF000'0004u);
    EXPECT_EQ(vcpu.registers.rsi(), 0x7777'7777'7777'7777u);
    EXPECT_EQ(vcpu.registers.r8(), 0x7777'7777'7777'7777u);
}

TEST_F(Cpuid, BitsThatMirrorCr4FollowTheGuests) {
    constexpr uint64_t cr4_osxsave = 1 << 18, cr4_pke = 1 << 22;
    constexpr uint64_t osxsave = 1 << 27, ospke = 1 << 4;
    for (const bool guest : {false, true}) {
        for (const bool root : {false, true}) {
            machine.state().cr4 = 0x2000 | (root ? cr4_osxsave | cr4_pke : 0);
            field(vmcs::guest_cr4) = 0x2000 | (guest ? cr4_osxsave | cr4_pke : 0);
            vcpu.registers.rax() = 1;
            vcpu.registers.rcx() = 0;
            core::exits::cpuid(vcpu);
            EXPECT_EQ(vcpu.registers.rcx(), guest ? 0x7FFA'FBBFu : 0x7FFA'FBBF & ~osxsave);
            vcpu.registers.rax() = 7;
            vcpu.registers.rcx() = 0;
            core::exits::cpuid(vcpu);
            EXPECT_EQ((vcpu.registers.rcx() & ospke) != 0, guest);
        }
    }
}

TEST_F(Cpuid, OnlyThoseBitsOfThoseLeavesAreChanged) {
    constexpr uint32_t all = ~0u;
    for (const auto& [leaf, subleaf] : {std::pair{7u, 1u}, std::pair{7u, 2u}, std::pair{0x8000'0001u, 0u}}) {
        machine.set_cpuid(leaf, subleaf, {all, all, all, all});
        field(vmcs::guest_cr4) = 0x2000;
        vcpu.registers.rax() = leaf;
        vcpu.registers.rcx() = subleaf;
        core::exits::cpuid(vcpu);
        EXPECT_EQ(vcpu.registers.rcx(), all) << std::hex << leaf << ":" << subleaf;
    }
    // Leaf 1 has no sub-leaves: whatever ECX says, OSXSAVE is the guest's.
    machine.set_cpuid(1, 5, {0, 0, all, 0});
    vcpu.registers.rax() = 1;
    vcpu.registers.rcx() = 5;
    core::exits::cpuid(vcpu);
    EXPECT_EQ(vcpu.registers.rcx(), all & ~(1u << 27));
}

TEST_F(Cpuid, SyscallIsAnnouncedIn64BitModeOnly) {
    constexpr uint32_t all = ~0u;
    machine.set_cpuid(0x8000'0001, 0, {all, all, all, all});
    for (const bool long_mode : {false, true}) {
        field(vmcs::guest_cs_access_rights) = long_mode ? 0xA09B : 0xC09B;
        vcpu.registers.rax() = 0x8000'0001;
        vcpu.registers.rcx() = 0;
        core::exits::cpuid(vcpu);
        EXPECT_EQ(vcpu.registers.rdx(), long_mode ? all : all & ~(1u << 11));
    }
}

TEST_F(Cpuid, KeyLockerFollowsTheGuestsCr4) {
    for (const bool guest : {false, true}) {
        machine.set_cpuid(0x19, 0, {0, 5, 0, 0});
        field(vmcs::guest_cr4) = 0x2000 | (guest ? 1u << 19 : 0);
        vcpu.registers.rax() = 0x19;
        vcpu.registers.rcx() = 0;
        core::exits::cpuid(vcpu);
        EXPECT_EQ(vcpu.registers.rbx(), guest ? 5u : 4u);
    }
}

class MsrExits : public RootTest {};

TEST_F(MsrExits, ReadsGiveBothHalves) {
    machine.set_msr(0x4000'0000, 0x1122'3344'5566'7788);
    vcpu.registers.rcx() = 0xFFFF'FFFF'4000'0000;
    vcpu.registers.rax() = vcpu.registers.rdx() = ~uint64_t{0};
    EXPECT_EQ(core::exits::rdmsr(vcpu), Outcome::advance);
    EXPECT_EQ(vcpu.registers.rax(), 0x5566'7788u);
    EXPECT_EQ(vcpu.registers.rdx(), 0x1122'3344u);
}

TEST_F(MsrExits, WhatTheProcessorRefusesIsRefused) {
    vcpu.registers.rcx() = 0x4000'0000;
    vcpu.registers.rax() = 0xAA;
    EXPECT_EQ(core::exits::rdmsr(vcpu), Outcome::general_protection);
    EXPECT_EQ(vcpu.registers.rax(), 0xAAu) << "a refused RDMSR changes nothing";
    EXPECT_EQ(core::exits::wrmsr(vcpu), Outcome::general_protection);
}

TEST_F(MsrExits, WritesGoToTheProcessor) {
    machine.set_msr(0x4000'0000, 0);
    vcpu.registers.rcx() = 0x4000'0000;
    vcpu.registers.rax() = 0xFFFF'FFFF'5566'7788;
    vcpu.registers.rdx() = 0xFFFF'FFFF'1122'3344;
    EXPECT_EQ(core::exits::wrmsr(vcpu), Outcome::advance);
    EXPECT_EQ(machine.state().msr[0x4000'0000], 0x1122'3344'5566'7788u);
    EXPECT_TRUE(machine.journal.empty()) << "no translation depends on it";
}

TEST_F(MsrExits, AMicrocodeUpdateIsNotCarriedOut) {
    machine.set_msr(0x79, 1);
    vcpu.registers.rcx() = 0x79;
    vcpu.registers.rax() = 0x1000;
    vcpu.registers.rdx() = 0xFFFF'8880;
    EXPECT_EQ(core::exits::wrmsr(vcpu), Outcome::advance);
    EXPECT_EQ(machine.state().msr[0x79], 1u);
    EXPECT_EQ(messages(), std::vector{Message::microcode_update_ignored});
    EXPECT_EQ(last_record().argument[0], 0xFFFF'8880'0000'1000u);
}

TEST_F(MsrExits, WhichMsrsAreMtrrs) {
    for (const uint32_t msr : {0x200u, 0x201u, 0x23Fu, 0x250u, 0x258u, 0x259u, 0x268u, 0x26Fu, 0x2FFu}) {
        EXPECT_TRUE(core::is_mtrr(msr)) << std::hex << msr;
    }
    for (const uint32_t msr : {0xFEu, 0x1FFu, 0x240u, 0x251u, 0x257u, 0x25Au, 0x267u, 0x270u, 0x277u, 0x300u, 0x79u}) {
        EXPECT_FALSE(core::is_mtrr(msr)) << std::hex << msr;
    }
    auto bitmap = std::make_unique<arch::MsrBitmap>();
    core::apply_msr_policy(*bitmap);
    unsigned reads = 0, writes = 0;
    for (uint32_t msr = 0; msr < 0x2000; ++msr) {
        for (const uint32_t at : {msr, 0xC000'0000 + msr}) {
            reads += bitmap->read_exits(static_cast<arch::Msr>(at)) ? 1 : 0;
            writes += bitmap->write_exits(static_cast<arch::Msr>(at)) ? 1 : 0;
            EXPECT_EQ(bitmap->write_exits(static_cast<arch::Msr>(at)), core::is_mtrr(at) || at == 0x79)
                << std::hex << at;
        }
    }
    EXPECT_EQ(reads, 0u);
    EXPECT_EQ(writes, 64u + 11 + 1 + 1);
}

class Xsetbv : public RootTest {};

TEST_F(Xsetbv, TheProcessorJudges) {
    vcpu.registers.rcx() = 0xFFFF'FFFF'0000'0000;
    vcpu.registers.rax() = 0xFFFF'FFFF'0000'0003;
    vcpu.registers.rdx() = 0xFFFF'FFFF'0000'0000;
    EXPECT_EQ(core::exits::xsetbv(vcpu), Outcome::advance);
    EXPECT_EQ(machine.state().xcr0, 3u);
    vcpu.registers.rax() = 2; // x87 can't be switched off
    EXPECT_EQ(core::exits::xsetbv(vcpu), Outcome::general_protection);
    EXPECT_EQ(machine.state().xcr0, 3u);
    EXPECT_EQ(messages(), std::vector{Message::xsetbv_refused});
    vcpu.registers.rax() = 3;
    vcpu.registers.rdx() = 0x8000'0000;
    EXPECT_EQ(core::exits::xsetbv(vcpu), Outcome::general_protection);
    vcpu.registers.rdx() = 0;
    vcpu.registers.rcx() = 1;
    EXPECT_EQ(core::exits::xsetbv(vcpu), Outcome::general_protection);
}

TEST_F(Xsetbv, UserModeIsRefused) {
    set_privilege_level(3);
    vcpu.registers.rax() = 3;
    EXPECT_EQ(core::exits::xsetbv(vcpu), Outcome::general_protection);
    EXPECT_EQ(machine.state().xcr0, 7u);
}

class Vmxon : public RootTest {};

TEST_F(Vmxon, RaisesUdWithoutVmxeAsTheGuestWroteIt) {
    EXPECT_EQ(core::exits::vmxon(vcpu), Outcome::invalid_opcode);
    EXPECT_TRUE(messages().empty());
    field(vmcs::cr4_read_shadow) |= 0x2000;
    EXPECT_EQ(core::exits::vmxon(vcpu), Outcome::general_protection);
    EXPECT_EQ(messages(), std::vector{Message::guest_tried_vmxon});
}

} // namespace
} // namespace nadir::test
