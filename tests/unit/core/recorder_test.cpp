// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The flight recorder: what an exit leaves in the ring, and what a reader makes of a ring that is being written.
#include "core/recorder.h"

#include "core/hypercall.h"
#include "core/read_recorder.h"
#include "tests/fakes/exit_stub.h"
#include "tests/unit/core/fixture.h"
#include "tests/unit/core/root_fixture.h"

namespace nadir::test {
namespace {

class Recorder : public RootTest {
protected:
    uint32_t exit(uint32_t reason) {
        field(vmcs::exit_reason) = reason;
        return fake::exit_stub(vcpu);
    }
    nadir_exit_record last() { return exits().back(); }
    nadir_exit_ring& ring() { return core::exit_ring(vcpu); }
};

TEST_F(Recorder, Header) {
    EXPECT_EQ(std::string(reinterpret_cast<const char*>(ring().magic), 16), "NadirExitRecords");
    EXPECT_EQ(ring().version, NADIR_EXIT_RING_VERSION);
    EXPECT_EQ(ring().record_bytes, sizeof(nadir_exit_record));
    EXPECT_EQ(ring().capacity, NADIR_EXIT_RING_RECORDS);
    EXPECT_GT(ring().started, 0u);
    EXPECT_EQ(reinterpret_cast<uint64_t>(&ring()) % 4096, 0u) << "a scanner looks at the beginnings of pages";
}

TEST_F(Recorder, Cpuid) {
    vcpu.registers.rax() = 0xFFFF'0000'0000'0007;
    vcpu.registers.rcx() = 0xFFFF'0000'0000'0001;
    vcpu.exits[10] = 41;
    exit(10);
    EXPECT_EQ(last().reason, 10u);
    EXPECT_EQ(last().detail, 0x7'0000'0001u) << "as asked, not as answered";
    EXPECT_EQ(last().rip, 0xFFFF'FFFF'8100'0000u) << "of the instruction, not behind it";
    EXPECT_EQ(last().cpuids, 41u) << "before this one";
    EXPECT_EQ(last().qualification, 0u);
    EXPECT_EQ(last().event, 0u);
    EXPECT_EQ(last().outcome, NADIR_EXIT_ADVANCED);
    EXPECT_GT(last().time, ring().started);
    exit(10);
    EXPECT_EQ(last().cpuids, 42u);
    EXPECT_EQ(last().sequence, 1u);
}

TEST_F(Recorder, FrequentReasonsHaveNoQualification) {
    field(vmcs::exit_qualification) = 0x55;
    field(vmcs::idt_vectoring_information) = 0x8000'0055;
    vcpu.registers.rax() = 0x11;
    vcpu.registers.rcx() = 0x1234'5678;
    vcpu.registers.rdx() = 0x33;
    for (const auto& [reason, detail] : {std::pair<uint32_t, uint64_t>{31, 0x1234'5678},
                                         {32, 0x11'1234'5678},
                                         {55, 0x11'1234'5678},
                                         {18, 0x33'1234'5678}}) {
        exit(reason);
        EXPECT_EQ(last().reason, reason);
        EXPECT_EQ(last().detail, detail) << reason;
        EXPECT_EQ(last().qualification, 0u) << reason;
        EXPECT_EQ(last().event, 0u) << reason;
    }
    EXPECT_EQ(last().outcome, NADIR_EXIT_RAISED_UD) << "no key";
    exit(31);
    EXPECT_EQ(last().outcome, NADIR_EXIT_RAISED_GP);
}

TEST_F(Recorder, ControlRegisters) {
    vcpu.registers.rbx() = 0xABCD;
    field(vmcs::guest_rsp) = 0x7777;
    field(vmcs::exit_qualification) = 4 | 3u << 8; // MOV to CR4, from RBX
    exit(28);
    EXPECT_EQ(last().qualification, 0x304u);
    EXPECT_EQ(last().detail, 0xABCDu);
    field(vmcs::exit_qualification) = 4 | 4u << 8; // RSP is in the VMCS
    exit(28);
    EXPECT_EQ(last().detail, 0x7777u);
}

TEST_F(Recorder, EventsAndAddresses) {
    field(vmcs::exit_interruption_information) = 0x8000'0202;
    field(vmcs::idt_vectoring_information) = 0x8000'0030;
    exit(0);
    EXPECT_EQ(last().event, 0x8000'0202u) << "an NMI";
    EXPECT_EQ(last().outcome, NADIR_EXIT_RETRIED);
    field(vmcs::guest_physical_address) = uint64_t{1} << 50;
    field(vmcs::exit_qualification) = 0x181;
    EXPECT_THROW(exit(48), fake::Halted) << "beyond the width";
    EXPECT_EQ(last().event, 0x8000'0030u);
    EXPECT_EQ(last().detail, uint64_t{1} << 50);
    EXPECT_EQ(last().qualification, 0x181u);
    EXPECT_EQ(last().outcome, NADIR_EXIT_UNEXPECTED);
}

TEST_F(Recorder, AFailedEntryIsRecorded) {
    field(vmcs::exit_qualification) = 2;
    EXPECT_THROW(exit(0x8000'0021), fake::Halted);
    EXPECT_EQ(last().reason, 33u);
    EXPECT_EQ(last().qualification, 2u);
    EXPECT_EQ(last().outcome, NADIR_EXIT_IN_WORK) << "root mode has not come back from it";
}

TEST_F(Recorder, TheKeyIsInNoRecord) {
    vcpu.registers.rax() = vmm.key;
    vcpu.registers.rcx() = static_cast<uint64_t>(core::Hypercall::confirm);
    vcpu.registers.rdx() = 5;
    exit(18);
    EXPECT_EQ(last().detail, 0x5'0000'0001u);
    const auto* words = reinterpret_cast<const uint32_t*>(&ring());
    for (unsigned i = 0; i < 1024; ++i) {
        EXPECT_NE(words[i], static_cast<uint32_t>(vmm.key));
        EXPECT_NE(words[i], static_cast<uint32_t>(vmm.key >> 32));
    }
}

TEST_F(Recorder, QuestionsLeaveNoRecord) {
    for (const core::Hypercall question :
         {core::Hypercall::read_statistics, core::Hypercall::log_position, core::Hypercall::read_log,
          core::Hypercall::read_memory_use, core::Hypercall::read_vmcs, core::Hypercall::recorder_position,
          core::Hypercall::read_recorder, core::Hypercall::watch}) {
        vcpu.registers.rax() = vmm.key;
        vcpu.registers.rcx() = static_cast<uint64_t>(question);
        vcpu.registers.rdx() = 0;
        exit(18);
        EXPECT_EQ(ring().begun, 0u) << static_cast<uint64_t>(question);
    }
    EXPECT_EQ(vcpu.exits[18], 8u) << "they are counted";
    // Without the key it is an exit as any other.
    vcpu.registers.rax() = vmm.key ^ 1;
    vcpu.registers.rcx() = static_cast<uint64_t>(core::Hypercall::read_recorder);
    exit(18);
    EXPECT_EQ(ring().begun, 1u);
}

TEST_F(Recorder, TheOldestAreOverwritten) {
    for (uint64_t i = 0; i < 3 * NADIR_EXIT_RING_RECORDS + 5; ++i) {
        vcpu.registers.rax() = i;
        exit(10);
    }
    const auto all = exits();
    ASSERT_EQ(all.size(), NADIR_EXIT_RING_RECORDS);
    for (unsigned i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].sequence, 2 * NADIR_EXIT_RING_RECORDS + 5 + i);
        EXPECT_EQ(all[i].detail >> 32, all[i].sequence);
    }
}

// Records of instructions don't overwrite what only others have.
TEST_F(Recorder, WhatAnOlderRecordLeftIsNotShown) {
    field(vmcs::exit_qualification) = 0x77;
    field(vmcs::exit_interruption_information) = 0x8000'0202;
    for (unsigned i = 0; i < NADIR_EXIT_RING_RECORDS; ++i) {
        exit(0);
        EXPECT_EQ(last().qualification, 0x77u);
        EXPECT_EQ(last().event, 0x8000'0202u);
    }
    vcpu.registers.rcx() = 0x1234'5678;
    for (const uint32_t reason : {10u, 18u, 31u, 32u, 55u}) {
        exit(reason);
        EXPECT_EQ(last().reason, reason);
        EXPECT_EQ(last().qualification, 0u);
        EXPECT_EQ(last().event, 0u);
    }
}

// At each moment of an exit's recording, a reader gets whole records or none.
TEST_F(Recorder, ARecordThatIsBeingWrittenIsNotShown) {
    for (unsigned i = 0; i < NADIR_EXIT_RING_RECORDS + 3; ++i) {
        exit(10);
    }
    const auto before = exits();
    nadir_exit_ring during = ring();
    during.begun += 1; // the writer's first step: the oldest is lost, the newest not yet there
    nadir_exit_record record;
    EXPECT_FALSE(control::read_exit(during, 3, record));
    EXPECT_TRUE(control::read_exit(during, 4, record));
    EXPECT_FALSE(control::read_exit(during, during.begun - 1, record)) << "the slot still has number 3";
    EXPECT_EQ(control::exit_in_work(during), during.begun);
    EXPECT_FALSE(control::read_exit(during, during.begun, record));
    EXPECT_FALSE(control::read_exit(during, ~uint64_t{0}, record));
    EXPECT_EQ(before.front().sequence, 3u);
    EXPECT_EQ(control::exit_in_work(ring()), 0u);
}

TEST_F(Recorder, AnExitIsInWorkUntilItIsFinished) {
    nadir_exit_record* record = core::begin_record(vcpu, arch::ExitReason{12});
    EXPECT_EQ(control::exit_in_work(ring()), 1u);
    EXPECT_EQ(last().outcome, NADIR_EXIT_IN_WORK);
    core::finish_record(record, Outcome::retry);
    EXPECT_EQ(control::exit_in_work(ring()), 0u);
    core::finish_record(nullptr, Outcome::retry); // of an exit without a record
}

class RecorderOfASession : public MachineTest {
protected:
    RecorderOfASession() : MachineTest(2) {}
    std::vector<nadir_exit_record> read(uint32_t processor) {
        request = {};
        request.processor = processor;
        request.count = 77;
        EXPECT_EQ(nadir_read_recorder(session, &request), NADIR_OK);
        return {request.records, request.records + request.count};
    }
    nadir_recorder_request request{};
};

TEST_F(RecorderOfASession, IsReadByAnyProcessorAndStaysAfterTheRun) {
    ASSERT_EQ(start(), NADIR_OK);
    for (uint32_t i = 0; i < 100; ++i) {
        exit_on(1);
    }
    machine.switch_to(0);
    const auto active = read(1);
    ASSERT_EQ(active.size(), NADIR_EXIT_RING_RECORDS);
    EXPECT_EQ(request.begun, 101u) << "the confirming hypercall, too";
    EXPECT_EQ(request.cpuid_exits, 100u);
    EXPECT_EQ(request.state, static_cast<uint32_t>(NADIR_PROCESSOR_ON));
    EXPECT_EQ(active.back().sequence, 100u);
    EXPECT_EQ(active.back().cpuids, 99u);
    // Reading one's own adds nothing to it.
    machine.switch_to(1);
    EXPECT_EQ(read(1).back().sequence, 100u);
    EXPECT_EQ(read(1).size(), NADIR_EXIT_RING_RECORDS);
    stop();
    const auto stopped = read(1);
    ASSERT_EQ(stopped.size(), core::exits_kept);
    EXPECT_EQ(stopped.back().outcome, NADIR_EXIT_LEFT);
    EXPECT_EQ(stopped.back().reason, 18u);
    EXPECT_EQ(stopped[stopped.size() - 2].sequence, 100u);
    EXPECT_EQ(request.begun, 102u);
    EXPECT_EQ(request.cpuid_exits, 100u);
    request.processor = 2;
    EXPECT_EQ(nadir_read_recorder(session, &request), NADIR_BAD_ARGUMENT);
    EXPECT_EQ(request.count, 0u);
    release();
}

TEST_F(RecorderOfASession, BeginsAnewWhenAProcessorComesBack) {
    ASSERT_EQ(start(), NADIR_OK);
    exit_on(1);
    exit_on(1);
    machine.switch_to(1);
    nadir_report answer{};
    ASSERT_EQ(nadir_leave_processor(session, 1), NADIR_OK);
    ASSERT_EQ(nadir_enter_processor(session, 1, &answer), NADIR_OK);
    machine.switch_to(0);
    EXPECT_EQ(read(1).size(), 1u) << "confirmed";
    EXPECT_EQ(request.cpuid_exits, 0u);
    EXPECT_EQ(request.state, static_cast<uint32_t>(NADIR_PROCESSOR_ON));
    stop();
    release();
}

TEST_F(RecorderOfASession, OfADeadProcessor) {
    ASSERT_EQ(start(), NADIR_OK);
    EXPECT_THROW(exit_on(1, 12), fake::Halted);
    machine.switch_to(0);
    const auto records = read(1);
    ASSERT_EQ(records.size(), 2u);
    EXPECT_EQ(records[1].reason, 12u);
    EXPECT_EQ(records[1].outcome, NADIR_EXIT_UNEXPECTED);
    EXPECT_EQ(request.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
}

TEST_F(RecorderOfASession, OfAStartThatFailed) {
    options.fail_step = NADIR_STEP_CONFIRM;
    options.fail_processor = 1;
    ASSERT_EQ(start(), NADIR_INJECTED);
    ASSERT_NE(session, nullptr);
    EXPECT_EQ(read(0).size(), 2u) << "it was in: confirmed and left";
    EXPECT_EQ(read(1).size(), 1u) << "left";
    release();
}

TEST_F(RecorderOfASession, EveryExitTakesTheGeneralWayWhenAskedFor) {
    for (const uint32_t all : {0u, 1u}) {
        options.record_every_exit = all;
        ASSERT_EQ(start(), NADIR_OK);
        machine.switch_to(1);
        const uint64_t entry = machine.field(arch::vmcs::host_rip);
        EXPECT_EQ(entry, reinterpret_cast<uint64_t>(all != 0 ? &cpu::nadir_cpu_general_exit_entry
                                                             : &cpu::nadir_cpu_exit_entry));
        machine.switch_to(0);
        stop();
        release();
    }
}

} // namespace
} // namespace nadir::test
