// SPDX-License-Identifier: MIT OR GPL-2.0-only
// MOV to CR0 and CR4: the guest executes it again with a new read shadow, or gets #GP and nothing has changed.
#include "arch/control_registers.h"
#include "arch/vmx/exit_qualification.h"
#include "core/exits/handlers.h"
#include "tests/fakes/window.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class ControlRegisters : public RootTest {
protected:
    Outcome move(unsigned control_register, uint64_t value, unsigned general = 3) {
        field(vmcs::exit_qualification) = control_register | general << 8;
        if (general == 4) {
            field(vmcs::guest_rsp) = value;
            vcpu.registers.value[4] = 0x5555; // never meant
        } else {
            vcpu.registers.value[general] = value;
        }
        return core::exits::control_register(vcpu);
    }
    // Refused, and the shadows are as before.
    bool refused(unsigned control_register, uint64_t value) {
        const uint64_t shadow0 = field(vmcs::cr0_read_shadow), shadow4 = field(vmcs::cr4_read_shadow);
        const Outcome outcome = move(control_register, value);
        return outcome == Outcome::general_protection && shadow0 == field(vmcs::cr0_read_shadow) &&
               shadow4 == field(vmcs::cr4_read_shadow);
    }

    static constexpr uint64_t cr0 = 0x8005'0033, cr4 = 0x0036'06E0;
    static constexpr uint64_t ne = 1 << 5, vmxe = 1 << 13, pcide = 1 << 17, pae = 1 << 5, la57 = 1 << 12, cet = 1 << 23;
    static constexpr uint64_t wp = 1 << 16, pg = 1u << 31, pe = 1, cd = 1 << 30, nw = 1 << 29;
};

TEST_F(ControlRegisters, TheGuestSeesItsOwnFixedBitsAndTriesAgain) {
    const uint64_t rip = field(vmcs::guest_rip);
    EXPECT_EQ(move(0, cr0 & ~ne), Outcome::retry);
    EXPECT_EQ(field(vmcs::cr0_read_shadow), cr0 & ~ne);
    EXPECT_EQ(field(vmcs::guest_cr0), cr0) << "the register itself is the guest's next instruction's business";
    EXPECT_EQ(move(4, cr4 | vmxe), Outcome::retry);
    EXPECT_EQ(field(vmcs::cr4_read_shadow), cr4 | vmxe);
    EXPECT_EQ(field(vmcs::guest_rip), rip);
    EXPECT_EQ(move(4, cr4), Outcome::retry);
    EXPECT_EQ(field(vmcs::cr4_read_shadow), cr4);
}

TEST_F(ControlRegisters, TheLogSaysOnceThatTheGuestSetsVmxe) {
    EXPECT_EQ(move(4, cr4), Outcome::retry);
    EXPECT_EQ(messages(), std::vector<Message>{}) << "it isn't set yet";
    EXPECT_EQ(move(4, cr4 | vmxe), Outcome::retry);
    EXPECT_EQ(messages(), std::vector{Message::guest_set_vmxe});
    EXPECT_EQ(last_record().argument[0], field(vmcs::guest_rip));
    EXPECT_EQ(move(4, cr4), Outcome::retry);
    EXPECT_EQ(move(4, cr4 | vmxe), Outcome::retry);
    EXPECT_EQ(messages(), std::vector{Message::guest_set_vmxe});
}

TEST_F(ControlRegisters, WhatWasNotExecutedWasNotSteppedOver) {
    constexpr uint64_t b0 = 1, bs = 1 << 14;
    field(vmcs::guest_pending_debug) = bs | b0;
    EXPECT_EQ(move(4, cr4 | vmxe), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_pending_debug), b0);
    field(vmcs::guest_pending_debug) = bs;
    EXPECT_EQ(move(0, cr0 & ~ne), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_pending_debug), 0u);
    // Behind MOV SS it belongs to an earlier instruction, and VM entry demands it.
    constexpr uint64_t blocking_by_mov_ss = 2;
    field(vmcs::guest_interruptibility) = blocking_by_mov_ss;
    field(vmcs::guest_pending_debug) = bs;
    EXPECT_EQ(move(4, cr4), Outcome::retry);
    EXPECT_EQ(field(vmcs::guest_pending_debug), bs);
}

TEST_F(ControlRegisters, EveryGeneralRegisterCanBeTheSource) {
    for (unsigned general = 0; general < 16; ++general) {
        const uint64_t value = (general % 2 == 0) ? cr4 | vmxe : cr4;
        EXPECT_EQ(move(4, value, general), Outcome::retry);
        EXPECT_EQ(field(vmcs::cr4_read_shadow), value) << general;
    }
}

TEST_F(ControlRegisters, Cr0CombinationsThatDoNotExist) {
    EXPECT_TRUE(refused(0, (cr0 & ~ne) | uint64_t{1} << 32));
    EXPECT_TRUE(refused(0, (cr0 & ~ne) | uint64_t{1} << 63));
    EXPECT_TRUE(refused(0, cr0 & ~(ne | pe))) << "PG without PE";
    EXPECT_TRUE(refused(0, (cr0 & ~ne) | nw)) << "NW without CD";
    EXPECT_EQ(move(0, (cr0 & ~ne) | nw | cd), Outcome::retry);
    EXPECT_EQ(move(0, (cr0 & ~ne) | cd), Outcome::retry);
}

TEST_F(ControlRegisters, PagingCanNotBeSwitchedOffIn64BitModeOrWithPcids) {
    EXPECT_TRUE(refused(0, cr0 & ~(ne | pg))) << "64-bit mode and PCIDE";
    field(vmcs::guest_cr4) &= ~pcide;
    EXPECT_TRUE(refused(0, cr0 & ~(ne | pg))) << "64-bit mode";
    set_64_bit(false, true);
    EXPECT_EQ(move(0, cr0 & ~(ne | pg)), Outcome::retry) << "compatibility mode: this is how long mode is left";
    field(vmcs::guest_cr4) |= pcide;
    EXPECT_TRUE(refused(0, cr0 & ~(ne | pg))) << "PCIDE";
}

TEST_F(ControlRegisters, PagingWithLmeNeedsPaeAndNo64BitSegment) {
    set_64_bit(false, true);
    field(vmcs::guest_cr0) &= ~pg;
    EXPECT_EQ(move(0, cr0 & ~ne), Outcome::retry);
    field(vmcs::guest_cr4) &= ~pae;
    EXPECT_TRUE(refused(0, cr0 & ~ne)) << "LME without PAE";
    field(vmcs::guest_cr4) = (field(vmcs::guest_cr4) | pae) & ~pcide;
    set_64_bit(true, true);
    EXPECT_TRUE(refused(0, cr0 & ~ne)) << "CS.L";
}

// PAE paging: writes that load the PDPTEs are refused when one of them is bad.
TEST_F(ControlRegisters, BadPdptesAreRefusedWhereTheyAreLoaded) {
    fake::Window window{machine, vmm};
    vmm.ept.physical_bits = 40;
    machine.memory.next_physical = 0x40'0000; // CR3 has 32 bits
    auto* entries = reinterpret_cast<uint64_t*>(machine.memory.allocate(4096));
    field(vmcs::guest_cr3) = machine.memory.physical_of(entries);
    field(vmcs::guest_efer) = 0;
    field(vmcs::guest_cs_access_rights) = 0xC09B;
    field(vmcs::guest_cr4) = 0x20 | vmxe;
    field(vmcs::cr4_read_shadow) = 0x20;
    field(vmcs::guest_cr0) = cr0 & ~wp;
    constexpr uint64_t pge = 0x80, pse = 0x10, smep = 1 << 20, mce = 0x40, now4 = 0x20 | vmxe;
    constexpr uint64_t now0 = (cr0 & ~wp) ^ ne;
    entries[0] = 0x1000 | 1;
    entries[1] = 6; // not present: ignored
    for (const uint64_t change : {pge, pse, smep, mce}) {
        EXPECT_EQ(move(4, now4 ^ change), Outcome::retry) << change;
    }
    EXPECT_EQ(move(0, now0 ^ cd), Outcome::retry);
    for (const uint64_t bad : {uint64_t{2}, uint64_t{0x100}, uint64_t{1} << 52, uint64_t{1} << 46}) {
        entries[3] = bad | 1;
        for (const uint64_t change : {pge, pse, smep}) {
            EXPECT_TRUE(refused(4, now4 ^ change)) << change;
        }
        EXPECT_EQ(move(4, now4 ^ mce), Outcome::retry) << "doesn't load them";
        EXPECT_EQ(move(4, now4 & ~pae), Outcome::retry) << "no longer PAE paging";
        EXPECT_TRUE(refused(0, now0 ^ cd));
        EXPECT_EQ(move(0, now0 ^ wp), Outcome::retry) << "doesn't load them";
        field(vmcs::guest_cr0) &= ~pg;
        EXPECT_TRUE(refused(0, now0)) << "paging comes";
        EXPECT_EQ(move(4, now4 ^ pge), Outcome::retry) << "paging is off";
        field(vmcs::guest_cr0) |= pg;
    }
}

TEST_F(ControlRegisters, WriteProtectStaysWithCet) {
    field(vmcs::guest_cr4) |= cet;
    EXPECT_TRUE(refused(0, cr0 & ~(ne | wp)));
    EXPECT_EQ(move(0, cr0 & ~ne), Outcome::retry);
    field(vmcs::guest_cr4) &= ~cet;
    EXPECT_EQ(move(0, cr0 & ~(ne | wp)), Outcome::retry);
}

TEST_F(ControlRegisters, Cr4BitsThatTheProcessorLacks) {
    EXPECT_TRUE(refused(4, cr4 | vmxe | uint64_t{1} << 32));
    EXPECT_TRUE(refused(4, cr4 | vmxe | 1u << 15));
    EXPECT_TRUE(refused(4, cr4 | vmxe | cet)) << "this processor has no CET";
}

TEST_F(ControlRegisters, LongModeKeepsItsPaging) {
    vmm.capabilities.set_msr(arch::capability_msr::vmx_cr4_fixed1, 0x00FF'FFFF);
    EXPECT_TRUE(refused(4, (cr4 | vmxe) & ~pae));
    EXPECT_TRUE(refused(4, cr4 | vmxe | la57));
    field(vmcs::guest_cr4) |= la57;
    EXPECT_TRUE(refused(4, cr4 | vmxe));
    EXPECT_EQ(move(4, cr4 | vmxe | la57), Outcome::retry);
    field(vmcs::guest_efer) = 0;
    EXPECT_EQ(move(4, (cr4 & ~(pae | pcide)) | vmxe), Outcome::retry);
}

TEST_F(ControlRegisters, CetNeedsWriteProtect) {
    vmm.capabilities.set_msr(arch::capability_msr::vmx_cr4_fixed1, 0x00FF'FFFF);
    EXPECT_EQ(move(4, cr4 | vmxe | cet), Outcome::retry);
    field(vmcs::guest_cr0) &= ~wp;
    EXPECT_TRUE(refused(4, cr4 | cet));
}

TEST_F(ControlRegisters, PcidsComeOnlyWithPcidZeroInLongMode) {
    field(vmcs::guest_cr4) &= ~pcide;
    field(vmcs::guest_cr3) = 0x1000;
    EXPECT_EQ(move(4, cr4 | vmxe), Outcome::retry);
    field(vmcs::guest_cr3) = 0x1001;
    EXPECT_TRUE(refused(4, cr4)) << "a PCID in CR3";
    field(vmcs::guest_cr3) = 0x1000;
    field(vmcs::guest_efer) = 0;
    EXPECT_TRUE(refused(4, cr4)) << "outside long mode";
    field(vmcs::guest_cr4) |= pcide;
    field(vmcs::guest_cr3) = 0x1001;
    EXPECT_EQ(move(4, cr4), Outcome::retry) << "they were on already";
}

TEST_F(ControlRegisters, WhatIsNotInterceptedIsUnexpected) {
    EXPECT_EQ(move(3, 0x1000), Outcome::unexpected);
    EXPECT_EQ(move(8, 1), Outcome::unexpected);
    for (const unsigned type : {1u, 2u, 3u}) { // MOV from CR, CLTS, LMSW
        field(vmcs::exit_qualification) = type << 4;
        EXPECT_EQ(core::exits::control_register(vcpu), Outcome::unexpected);
    }
}

} // namespace
} // namespace nadir::test
