// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The short way through the exit loop, for instructions that systems execute often, must not be told from the long one:
// whatever completing an instruction does besides moving RIP is done, and every register is the guest's.
#include "tests/fakes/exit_stub.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

struct Instruction {
    const char* name;
    uint32_t reason;
    uint64_t rax, rcx;
};

constexpr Instruction instructions[] = {
    {"CPUID 0", 10, 0, 0}, {"CPUID 1", 10, 1, 0}, {"RDMSR", 31, 0, 0x10}, {"WRMSR", 32, 5, 0x10}, {"XSETBV", 55, 7, 0}};

constexpr uint64_t rf = 1 << 16;
constexpr uint64_t tf = 1 << 8;
constexpr uint64_t bs = 1 << 14;

class ExitPaths : public RootTest, public ::testing::WithParamInterface<Instruction> {
protected:
    ExitPaths() { machine.set_msr(0x10, 0x5555); }

    // True when it was carried out and the guest goes on.
    bool execute() {
        for (unsigned i = 0; i < 16; ++i) {
            vcpu.registers.value[i] = 0xABCD'0000 + i;
        }
        vcpu.registers.rax() = GetParam().rax;
        vcpu.registers.rcx() = GetParam().rcx;
        vcpu.registers.rdx() = 0;
        field(vmcs::exit_reason) = GetParam().reason;
        return fake::exit_stub(vcpu) == 0 && exits().back().outcome == NADIR_EXIT_ADVANCED;
    }
};

TEST_P(ExitPaths, Plain) {
    ASSERT_TRUE(execute());
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFFF'FFFF'8100'0003);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u);
    EXPECT_FALSE(injected().valid());
    EXPECT_EQ(vcpu.exits[GetParam().reason], 1u);
    for (const unsigned i : {5u, 6u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u}) {
        EXPECT_EQ(vcpu.registers.value[i], 0xABCD'0000 + i) << i;
    }
    EXPECT_EQ(exits().back().rip, 0xFFFF'FFFF'8100'0000);
}

TEST_P(ExitPaths, SingleStep) {
    field(vmcs::guest_rflags) = 0x202 | tf;
    ASSERT_TRUE(execute());
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs);
}

TEST_P(ExitPaths, ResumeFlag) {
    field(vmcs::guest_rflags) = 0x202 | rf;
    ASSERT_TRUE(execute());
    EXPECT_EQ(field(vmcs::guest_rflags), 0x202u);
}

TEST_P(ExitPaths, BlockingByStiAndMovSs) {
    for (const uint64_t shadow : {1u, 2u}) {
        field(vmcs::guest_interruptibility) = shadow | 8;
        ASSERT_TRUE(execute());
        EXPECT_EQ(field(vmcs::guest_interruptibility), 8u);
    }
}

TEST_P(ExitPaths, FourGib) {
    for (const uint64_t from : {0xFFFF'FFFDu, 0xFFFF'FFFEu}) {
        field(vmcs::guest_rip) = from;
        ASSERT_TRUE(execute());
        EXPECT_EQ(field(vmcs::guest_rip), from + 3) << "64-bit mode";
        set_64_bit(false, true);
        field(vmcs::guest_rip) = from;
        ASSERT_TRUE(execute());
        EXPECT_EQ(field(vmcs::guest_rip), from + 3 - 0x1'0000'0000) << "compatibility mode";
        be_64_bit_kernel();
    }
}

TEST_P(ExitPaths, NothingIsPlainWithAFlagInTheReason) {
    field(vmcs::exit_reason) = GetParam().reason | 1u << 27; // from enclave mode
    vcpu.registers.rax() = GetParam().rax;
    vcpu.registers.rcx() = GetParam().rcx;
    vcpu.registers.rdx() = 0;
    EXPECT_EQ(fake::exit_stub(vcpu), 0u);
    EXPECT_EQ(vcpu.exits[GetParam().reason], 1u);
    EXPECT_EQ(field(vmcs::guest_rip), 0xFFFF'FFFF'8100'0003);
}

INSTANTIATE_TEST_SUITE_P(Instructions, ExitPaths, ::testing::ValuesIn(instructions),
                         [](const auto& one) { return std::to_string(one.index); });

class ExitRegisters : public RootTest {};

// Those that the stub saves last, too, and what is in them is this exit's.
TEST_F(ExitRegisters, EachCanBeTheSourceOfAControlRegister) {
    for (const unsigned general : {0u, 1u, 2u, 3u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 12u, 13u, 14u, 15u}) {
        const uint64_t value = 0x8005'0013; // CR0 without NE
        field(vmcs::cr0_read_shadow) = 0;
        field(vmcs::exit_reason) = 28;
        field(vmcs::exit_qualification) = general << 8;
        vcpu.registers = {};
        vcpu.registers.value[general] = value;
        EXPECT_EQ(fake::exit_stub(vcpu), 0u);
        EXPECT_EQ(field(vmcs::cr0_read_shadow), value) << general;
        EXPECT_EQ(exits().back().detail, value) << general;
    }
}

} // namespace
} // namespace nadir::test
