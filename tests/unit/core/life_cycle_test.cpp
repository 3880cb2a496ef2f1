// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Start and stop on the fake machine: what enters leaves, the machine is as it was, and what a host may ask in between.
#include <memory>

#include "arch/vmx/fields.h"
#include "core/vcpu.h"
#include "cpu/registers.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

class LifeCycle : public MachineTest {
protected:
    LifeCycle() : MachineTest(3) {}
};

TEST_F(LifeCycle, StartsAndStopsAndAllIsAsBefore) {
    const auto before = states();
    for (unsigned round = 0; round < 3; ++round) {
        ASSERT_EQ(start(), NADIR_OK) << report.text;
        EXPECT_EQ(report.status, NADIR_OK);
        for (const fake::Processor& p : machine.processors) {
            EXPECT_TRUE(p.guest);
            EXPECT_TRUE(p.state.vmx);
        }
        ASSERT_EQ(stop(), NADIR_OK) << report.text;
        EXPECT_EQ(states(), before);
        EXPECT_EQ(machine.memory.blocks().size(), blocks_before + 1) << "only the session remains";
        release();
        EXPECT_TRUE(nothing_leaked());
    }
}

// Each of these has its own line in the code that captures, saves and restores.
TEST_F(LifeCycle, AStrangeStateComesBackToo) {
    for (fake::Processor& p : machine.processors) {
        fake::State& s = p.state;
        s.ds = 0x18;
        s.es = 0x18;
        s.fs = 0x18;
        s.gs = 0x18;
        s.gdtr.limit = 0x7F;
        s.idtr.limit = 0x1FF;
        s.dr7 = 0x0000'0701;
        s.msr[0x1D9] = 0x1;
        s.msr[0xC000'0100] = 0x7F00'1234'5678;
        s.msr[0x174] = 0;
        s.cr0 |= 0x8; // TS
        s.cr4 &= ~uint64_t{1 << 17};
        s.cr3 = 0x1'2345'6018; // PWT and PCD
    }
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK) << report.text;
    EXPECT_EQ(machine.processors[1].state.msr[0x1D9], 1u) << "the guest keeps its IA32_DEBUGCTL";
    EXPECT_EQ(machine.processors[1].state.dr7, 0x701u);
    ASSERT_EQ(stop(), NADIR_OK) << report.text;
    EXPECT_EQ(states(), before);
    release();
}

TEST_F(LifeCycle, WhatTheGuestChangedIsKept) {
    ASSERT_EQ(start(), NADIR_OK);
    machine.switch_to(1);
    fake::State& s = machine.state();
    s.cr3 += 0x1000;
    s.dr7 = 0x755;
    s.msr[0x1D9] = 2;
    s.msr[0x277] = 0x0006'0606'0606'0606;
    s.msr[0xC000'0080] |= 0x4000;
    s.msr[0x175] = 0x1111;
    s.msr[0xC000'0101] = 0x2222;
    s.gdtr.limit = 0x6F;
    s.idtr.base += 0x1000;
    s.cr4 &= ~uint64_t{0x80};
    s.cr0 |= 0x8;
    machine.exit(10); // the guest's state survives a VM exit
    auto after = states();
    ASSERT_EQ(stop(), NADIR_OK);
    for (unsigned i = 0; i < 3; ++i) {
        after[i].vmx = false;
        after[i].cr4 &= ~uint64_t{0x2000}; // what the guest saw
        EXPECT_EQ(machine.processors[i].state, after[i]) << i;
    }
    release();
}

TEST_F(LifeCycle, TheGuestSeesItsOwnControlRegisters) {
    const uint64_t cr0 = machine.processors[0].state.cr0 & ~uint64_t{0x20}, cr4 = machine.processors[0].state.cr4;
    for (fake::Processor& p : machine.processors) {
        p.state.cr0 = cr0; // NE clear: VMX operation wants it set
    }
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK);
    EXPECT_EQ(cpu::read_cr0().value, cr0);
    EXPECT_EQ(cpu::read_cr4().value, cr4);
    EXPECT_EQ(machine.state().cr4, cr4 | 0x2000);
    EXPECT_EQ(machine.state().cr0, cr0 | 0x20);
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(states(), before);
    release();
}

TEST_F(LifeCycle, TheGuestDoesNotSeeTheArena) {
    ASSERT_EQ(start(), NADIR_OK);
    const uint64_t key = session->key;
    for (const auto& [address, block] : machine.memory.blocks()) {
        for (uint64_t at = 0; at + 8 <= block.bytes; at += 8) {
            const uint64_t word = *reinterpret_cast<uint64_t*>(address + at);
            ASSERT_NE(word, core::vmm_signature()) << "in an allocation of " << block.bytes << " bytes at " << at;
            const bool is_session = address == reinterpret_cast<uint8_t*>(session);
            ASSERT_TRUE(word != key || is_session) << "in an allocation of " << block.bytes << " bytes at " << at;
        }
    }
    for (uint32_t i = 0; i < session->chunk_count; ++i) {
        for (uint64_t at = 0; at < session->chunks[i].bytes; ++at) {
            ASSERT_EQ(session->chunks[i].address[at], 0);
        }
    }
    stop();
    release();
}

TEST_F(LifeCycle, TheArenaIsErasedBeforeItIsGivenBack) {
    ASSERT_EQ(start(), NADIR_OK);
    // Memory that was freed can't be looked at; so the host's free is asked.
    static bool clean;
    clean = true;
    machine.memory.on_free = [](const uint8_t* address, uint64_t bytes) {
        for (uint64_t i = 0; i < bytes; ++i) {
            clean = clean && address[i] == 0;
        }
    };
    ASSERT_EQ(stop(), NADIR_OK);
    machine.memory.on_free = nullptr;
    EXPECT_TRUE(clean);
    release();
}

// What was cached before the start under VPID 0 is stale by now, global translations too: a change of CR4.PGE drops them.
TEST_F(LifeCycle, LeavingForgetsWhatWasCachedBefore) {
    for (fake::Processor& p : machine.processors) {
        p.state.cr4 &= ~uint64_t{0x80}; // a system without PGE
    }
    ASSERT_EQ(start(), NADIR_OK);
    machine.journal.clear();
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(machine.journal, std::vector<std::string>(3 * 2, "PGE"));
    release();
}

TEST_F(LifeCycle, AnOfflineProcessorIsLeftAloneAndMayComeLater) {
    fake::host.offline = {1};
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK) << report.text;
    EXPECT_EQ(session->processors_on, 2u);
    EXPECT_EQ(machine.processors[1].state, before[1]);
    nadir_statistics statistics{};
    nadir_get_statistics(session, 1, &statistics);
    EXPECT_EQ(statistics.state, static_cast<uint32_t>(NADIR_PROCESSOR_ABSENT));
    EXPECT_EQ(nadir_processor_active(session, 1), 0u);
    machine.switch_to(1);
    EXPECT_EQ(nadir_enter_processor(session, 1, &report), NADIR_OK) << report.text;
    EXPECT_TRUE(machine.now().guest);
    EXPECT_EQ(session->processors_on, 3u);
    EXPECT_EQ(nadir_processor_active(session, 1), 1u);
    EXPECT_EQ(nadir_enter_processor(session, 1, &report), NADIR_OK) << "it is on already";
    EXPECT_EQ(session->processors_on, 3u);
    fake::host.offline = {};
    machine.switch_to(0);
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(states(), before);
    release();
}

TEST_F(LifeCycle, AProcessorGoesAndComes) {
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK);
    machine.switch_to(2);
    for (unsigned round = 0; round < 3; ++round) {
        EXPECT_EQ(nadir_leave_processor(session, 2), NADIR_OK);
        EXPECT_EQ(machine.processors[2].state, before[2]);
        EXPECT_EQ(session->processors_on, 2u);
        EXPECT_EQ(nadir_leave_processor(session, 2), NADIR_OK) << "it is off already";
        EXPECT_EQ(session->processors_on, 2u);
        EXPECT_EQ(nadir_enter_processor(session, 2, &report), NADIR_OK) << report.text;
    }
    EXPECT_EQ(nadir_leave_processor(session, 3), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(nadir_enter_processor(session, 3, &report), NADIR_TOO_MANY_PROCESSORS);
    machine.switch_to(0);
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(states(), before);
    release();
}

TEST_F(LifeCycle, AllProcessorsOffline) {
    fake::host.offline = {0, 1, 2};
    EXPECT_EQ(start(), NADIR_PROCESSOR_OFFLINE);
    ASSERT_NE(session, nullptr);
    release();
    EXPECT_TRUE(nothing_leaked());
}

TEST_F(LifeCycle, AnNmiWhileLeavingReachesTheSystem) {
    ASSERT_EQ(start(), NADIR_OK);
    machine.switch_to(0);
    exit_on(0, 0, {{arch::vmcs::exit_interruption_information.encoding, 0x8000'0202}});
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(machine.processors[0].nmis_raised, 1u) << "it was owed to the guest";
    EXPECT_EQ(machine.processors[1].nmis_raised, 0u);
    release();
}

// At the last moment at which root mode's handler still serves them.
TEST_F(LifeCycle, NmisAtTheEndOfLeavingReachTheSystemAllOfThem) {
    ASSERT_EQ(start(), NADIR_OK);
    machine.on_return = [](core::Vcpu& vcpu) { vcpu.owed.nmi = vcpu.place.processor; };
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(machine.processors[0].nmis_raised, 0u);
    EXPECT_EQ(machine.processors[1].nmis_raised, 1u);
    EXPECT_EQ(machine.processors[2].nmis_raised, 2u) << "one in service, one latched";
    release();
}

TEST_F(LifeCycle, AStartedGuestProcessorGoesThroughInitAndStartup) {
    ASSERT_EQ(start(), NADIR_OK);
    EXPECT_TRUE(exit_on(1, 3));
    EXPECT_EQ(machine.field(arch::vmcs::guest_activity_state), 3u);
    EXPECT_TRUE(exit_on(1, 4, {{arch::vmcs::exit_qualification.encoding, 0x9A}}));
    EXPECT_EQ(machine.state().cs, 0x9A00u);
    EXPECT_EQ(machine.state().cr0 & 0x8000'0001, 0u);
}

TEST_F(LifeCycle, TheFeatureControlMsrIsLockedWhereFirmwareLeftItOpen) {
    for (const uint64_t open : {uint64_t{0}, uint64_t{0x10'0000}, uint64_t{4}}) {
        machine.set_msr(0x3A, open);
        ASSERT_EQ(start(), NADIR_OK) << report.text;
        for (const fake::Processor& p : machine.processors) {
            EXPECT_EQ(p.state.msr.at(0x3A), open | 5);
        }
        stop();
        release();
    }
}

TEST_F(LifeCycle, AProcessorThatCanNotLeaveKeepsTheArena) {
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK);
    const size_t blocks = machine.memory.blocks().size();
    session->key ^= 1; // so the hypercall is nobody's
    EXPECT_EQ(stop(), NADIR_REFUSED) << report.text;
    EXPECT_EQ(machine.memory.blocks().size(), blocks);
    EXPECT_EQ(session->processors_on, 3u);
    EXPECT_EQ(machine.processors[0].injected.back().event.value, 0x8000'0306u);
    session->key ^= 1;
    EXPECT_EQ(stop(), NADIR_OK) << report.text;
    for (unsigned i = 0; i < 3; ++i) {
        fake::State after = machine.processors[i].state;
        after.rflags &= ~uint64_t{1 << 16}; // of the #UD
        EXPECT_EQ(after, before[i]);
    }
    release();
}

// A processor without VPID, RDTSCP, XSAVES, 1 GiB pages, TRUE MSRs.
TEST_F(LifeCycle, AnOldProcessor) {
    arch::Capabilities c = example_processor();
    clear_msr_bits(c, msr::vmx_secondary,
                   (uint64_t{arch::SecondaryControls::enable_vpid_mask} | arch::SecondaryControls::enable_xsaves_mask)
                       << 32);
    clear_msr_bits(c, msr::vmx_ept_vpid, uint64_t{1} << 17);
    c.leaf_d_1 = {};
    machine.become(c);
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK) << report.text;
    nadir_state state{};
    nadir_get_state(session, &state);
    EXPECT_EQ(state.vpid, 0u);
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(states(), before);
    release();
}

// One with CET and supervisor protection keys.
TEST_F(LifeCycle, ANewProcessor) {
    arch::Capabilities c = example_processor();
    c.leaf_7.ecx |= 1u << 7 | 1u << 31;
    c.leaf_7.edx |= 1u << 20;
    set_msr_bits(c, msr::vmx_true_entry,
                 (uint64_t{arch::EntryControls::load_cet_state_mask} | arch::EntryControls::load_pkrs_mask) << 32);
    set_msr_bits(c, msr::vmx_true_exit,
                 (uint64_t{arch::ExitControls::load_cet_state_mask} | arch::ExitControls::load_pkrs_mask) << 32);
    set_msr_bits(c, msr::vmx_cr4_fixed1, uint64_t{1} << 23 | uint64_t{1} << 24);
    machine.become(c);
    for (fake::Processor& p : machine.processors) {
        p.state.msr[0x6A2] = 0x4; // ENDBR enabled
    }
    const auto before = states();
    ASSERT_EQ(start(), NADIR_OK) << report.text;
    EXPECT_EQ(machine.field(arch::vmcs::guest_s_cet), 4u);
    EXPECT_EQ(machine.field(arch::vmcs::guest_pkrs), 0xCu);
    EXPECT_EQ(machine.field(arch::vmcs::host_s_cet), 0u);
    machine.field(arch::vmcs::guest_s_cet) = 1;
    machine.field(arch::vmcs::guest_pkrs) = 0x30;
    ASSERT_EQ(stop(), NADIR_OK);
    EXPECT_EQ(machine.processors[0].state.msr[0x6A2], 1u);
    EXPECT_EQ(machine.processors[0].state.msr[0x6E1], 0x30u);
    EXPECT_EQ(machine.processors[1].state, before[1]);
    release();
}

} // namespace
} // namespace nadir::test
