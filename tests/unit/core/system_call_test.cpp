// SPDX-License-Identifier: MIT OR GPL-2.0-only
// SYSCALL and SYSRET while they are watched: which bytes they are, and what the guest is left with.
#include <vector>

#include "arch/msr/cet.h"
#include "arch/msr/index.h"
#include "core/events/system_calls.h"
#include "core/exits/handlers.h"
#include "core/system_instruction.h"
#include "tests/fakes/window.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

using core::SystemInstruction;
using Kind = SystemInstruction::Kind;

SystemInstruction decode(const std::vector<uint8_t>& bytes) {
    size_t at = 0;
    return core::decode_system_instruction([&](uint8_t& byte) {
        if (at == bytes.size()) {
            return false;
        }
        byte = bytes[at++];
        return true;
    });
}

TEST(SystemInstructions, AreFoundBehindTheirPrefixes) {
    EXPECT_EQ(decode({0x0F, 0x05}).kind, Kind::system_call);
    EXPECT_EQ(decode({0x0F, 0x05}).length, 2);
    EXPECT_EQ(decode({0x0F, 0x07}).kind, Kind::system_return);
    EXPECT_FALSE(decode({0x0F, 0x07}).wide);
    EXPECT_TRUE(decode({0x48, 0x0F, 0x07}).wide);
    EXPECT_EQ(decode({0x48, 0x0F, 0x07}).length, 3);
    EXPECT_FALSE(decode({0x47, 0x0F, 0x07}).wide) << "REX.W is one of four bits";
    EXPECT_FALSE(decode({0x48, 0x66, 0x0F, 0x07}).wide) << "a prefix behind REX takes it back";
    EXPECT_TRUE(decode({0x66, 0x2E, 0xF3, 0x4F, 0x0F, 0x07}).wide);
    EXPECT_EQ(decode({0x66, 0x2E, 0xF3, 0x48, 0x0F, 0x05}).length, 6);
    EXPECT_EQ(decode({0x40, 0x0F, 0x05}).kind, Kind::system_call);
}

TEST(SystemInstructions, AndNothingElseIs) {
    EXPECT_EQ(decode({0x0F, 0x0B}).kind, Kind::other);
    EXPECT_EQ(decode({0x05, 0x0F}).kind, Kind::other);
    EXPECT_EQ(decode({0x0F, 0x34}).kind, Kind::other);
    EXPECT_EQ(decode({0xF0, 0x0F, 0x05}).kind, Kind::other) << "LOCK";
    EXPECT_EQ(decode({0x0F}).kind, Kind::other);
    EXPECT_EQ(decode({}).kind, Kind::other);
    std::vector<uint8_t> longest(13, 0x66);
    longest.insert(longest.end(), {0x0F, 0x05});
    EXPECT_EQ(decode(longest).length, 15);
    longest.insert(longest.begin(), 0x66);
    EXPECT_EQ(decode(longest).kind, Kind::other) << "16 bytes are no instruction";
}

class SystemCalls : public RootTest {
protected:
    SystemCalls() {
        auto& msr = machine.now().state.msr;
        msr[0xC000'0081] = 0x0023'0010ull << 32; // STAR: SYSRET 23H, SYSCALL 10H
        msr[0xC000'0082] = entry;
        msr[0xC000'0084] = 0x4'0700; // FMASK: AC, DF, IF, TF
        field(vmcs::guest_rip) = 0x1000;
        field(vmcs::guest_rflags) = 0x1'0203; // RF: the fault's
        vcpu.registers.rcx() = 0x7FFF'1234'5678;
        vcpu.registers.r11() = 0x5'0303; // RF and AC among them
    }
    Outcome call() { return core::exits::system_instruction(vcpu, {Kind::system_call, 2, false}); }
    Outcome go_back(bool wide) { return core::exits::system_instruction(vcpu, {Kind::system_return, 2, wide}); }

    static constexpr uint64_t entry = 0xFFFF'FFFF'8180'0000;
};

TEST_F(SystemCalls, GoToTheirEntry) {
    set_privilege_level(3);
    field(vmcs::guest_interruptibility) = 1;
    EXPECT_EQ(call(), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_rip), entry);
    EXPECT_EQ(vcpu.registers.rcx(), 0x1002u);
    EXPECT_EQ(vcpu.registers.r11(), 0x203u) << "without RF";
    EXPECT_EQ(field(vmcs::guest_rflags), 0x3u);
    EXPECT_EQ(field(vmcs::guest_cs_selector), 0x10u);
    EXPECT_EQ(field(vmcs::guest_ss_selector), 0x18u);
    EXPECT_EQ(field(vmcs::guest_cs_access_rights), 0xA09Bu);
    EXPECT_EQ(field(vmcs::guest_ss_access_rights), 0xC093u);
    EXPECT_EQ(field(vmcs::guest_cs_limit), 0xFFFF'FFFFu);
    EXPECT_EQ(field(vmcs::guest_interruptibility), 0u) << "STI's shadow ends";
    EXPECT_FALSE(injected().valid());
}

TEST_F(SystemCalls, AndBack) {
    EXPECT_EQ(go_back(true), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_rip), 0x7FFF'1234'5678u);
    EXPECT_EQ(field(vmcs::guest_rflags), 0x4'0303u) << "RF isn't loaded";
    EXPECT_EQ(field(vmcs::guest_cs_selector), 0x33u);
    EXPECT_EQ(field(vmcs::guest_ss_selector), 0x2Bu);
    EXPECT_EQ(field(vmcs::guest_cs_access_rights), 0xA0FBu);
    EXPECT_EQ(field(vmcs::guest_ss_access_rights), 0xC0F3u);
    EXPECT_EQ(field(vmcs::guest_pending_debug), 1u << 14) << "TF: the step is over here";
}

TEST_F(SystemCalls, BackTo32Bits) {
    EXPECT_EQ(go_back(false), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_rip), 0x1234'5678u);
    EXPECT_EQ(field(vmcs::guest_cs_selector), 0x23u);
    EXPECT_EQ(field(vmcs::guest_cs_access_rights), 0xC0FBu);
}

TEST_F(SystemCalls, ReturnIsRefused) {
    vcpu.registers.rcx() = uint64_t{1} << 47;
    EXPECT_EQ(go_back(true), Outcome::general_protection);
    EXPECT_EQ(go_back(false), Outcome::retry) << "32 bits are always an address";
    field(vmcs::guest_cr4) |= uint64_t{1} << 12; // LA57
    be_64_bit_kernel();
    field(vmcs::guest_cr4) |= uint64_t{1} << 12;
    EXPECT_EQ(go_back(true), Outcome::retry) << "with five levels it is canonical";
    set_privilege_level(3);
    EXPECT_EQ(go_back(true), Outcome::general_protection);
}

TEST_F(SystemCalls, ShadowStacksAreExchanged) {
    auto& msr = machine.now().state.msr;
    msr[static_cast<uint32_t>(arch::Msr::ia32_vmx_true_entry_ctls)] |=
        uint64_t{arch::EntryControls::load_cet_state_mask} << 32;
    field(vmcs::guest_cr4) |= uint64_t{1} << 23;
    msr[0x6A0] = 1; // U_CET: shadow stack
    msr[0x6A7] = 0;
    field(vmcs::guest_s_cet) = 5; // shadow stack, indirect branch tracking
    field(vmcs::guest_ssp) = 0x7000'0008;
    set_privilege_level(3);
    EXPECT_EQ(call(), Outcome::retry);
    EXPECT_EQ(msr[0x6A7], 0x7000'0008u);
    EXPECT_EQ(field(vmcs::guest_ssp), 0u);
    EXPECT_EQ(field(vmcs::guest_s_cet), 5u | 1u << 11);
    EXPECT_EQ(go_back(true), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_ssp), 0x7000'0008u);
}

TEST_F(SystemCalls, TheGuestReadsTheEnableThatItWrote) {
    core::hide_system_calls(vcpu, true);
    EXPECT_EQ(field(vmcs::guest_efer), 0xD00u);
    EXPECT_EQ(core::guest_efer(vcpu).value, 0xD01u);
    core::set_guest_efer(vcpu, arch::Efer{0xD00});
    EXPECT_EQ(core::guest_efer(vcpu).value, 0xD00u);
    core::set_guest_efer(vcpu, arch::Efer{0xD01});
    core::hide_system_calls(vcpu, true); // behind a step, for example
    EXPECT_EQ(field(vmcs::guest_efer), 0xD00u);
    core::hide_system_calls(vcpu, false);
    EXPECT_EQ(field(vmcs::guest_efer), 0xD01u);
    EXPECT_EQ(core::guest_efer(vcpu).value, 0xD01u);
}

TEST_F(SystemCalls, AfterInitTheyAreOff) {
    core::hide_system_calls(vcpu, true);
    core::put_guest_into_wait_for_startup(vcpu);
    EXPECT_EQ(core::guest_efer(vcpu).value, 0u);
    EXPECT_EQ(core::system_instruction_of_exit(vcpu).kind, Kind::other);
}

// The guest's code, in two pages that are neighbours for it and not in memory.
class SystemCallCode : public SystemCalls {
protected:
    SystemCallCode() {
        vmm.ept.physical_bits = 40;
        tables = machine.memory.allocate(7 * page);
        constexpr uint64_t all_rights = 7;
        for (unsigned level = 0; level < 3; ++level) {
            entry(level, (linear >> (39 - 9 * level)) & 511) = at(level + 1) | all_rights;
        }
        entry(3, (linear >> 12) & 511) = at(first) | all_rights;
        entry(3, ((linear >> 12) & 511) + 1) = at(second) | all_rights;
        field(vmcs::guest_cr3) = at(0);
        field(vmcs::guest_rip) = linear + page - 1;
        tables[first * page + page - 1] = 0x0F;
        tables[second * page] = 0x05;
        set_privilege_level(3);
        core::hide_system_calls(vcpu, true);
    }
    uint64_t at(unsigned index) const { return machine.memory.physical_of(tables) + index * page; }
    uint64_t& entry(unsigned table, uint64_t index) {
        return reinterpret_cast<uint64_t*>(tables + table * page)[index];
    }
    Kind kind() { return core::system_instruction_of_exit(vcpu).kind; }

    static constexpr uint64_t page = 4096;
    static constexpr uint64_t linear = 0x7FFF'0020'3000;
    static constexpr unsigned first = 4, second = 6;
    uint8_t* tables;
    fake::Window window{machine, vmm};
};

TEST_F(SystemCallCode, IsReadAcrossPages) {
    EXPECT_EQ(kind(), Kind::system_call);
    tables[second * page] = 0x0B;
    EXPECT_EQ(kind(), Kind::other);
}

TEST_F(SystemCallCode, IsNoneWhereTheGuestCouldNotExecuteOne) {
    core::set_guest_efer(vcpu, arch::Efer{0xD00});
    EXPECT_EQ(kind(), Kind::other) << "turned off";
    core::set_guest_efer(vcpu, arch::Efer{0xD01});
    EXPECT_EQ(kind(), Kind::system_call);
    field(vmcs::guest_cs_access_rights) = arch::AccessRights{0xC0FB}.value;
    EXPECT_EQ(kind(), Kind::other) << "in compatibility mode";
    field(vmcs::guest_cs_access_rights) = arch::AccessRights{0xA0FB}.value;
    entry(3, ((linear >> 12) & 511) + 1) = 0;
    EXPECT_EQ(kind(), Kind::other) << "taken away meanwhile";
}

} // namespace
} // namespace nadir::test
