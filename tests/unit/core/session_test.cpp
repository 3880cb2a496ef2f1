// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a host may ask of a session, active or stopped.
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

class Session : public MachineTest {
protected:
    Session() : MachineTest(3) {}
};

// The rings of events are one allocation for their places and one for each processor.
TEST_F(Session, MemoryThatRunsOutWhileRingsAreMadeLeavesNothing) {
    ASSERT_EQ(start(), NADIR_OK);
    const auto before = machine.memory.blocks().size();
    nadir_event_filter filter{};
    filter.kinds = 1u << NADIR_EVENT_CPUID;
    for (unsigned at = 0; at < 4; ++at) {
        machine.memory.fail_at = machine.memory.allocations + at;
        EXPECT_EQ(nadir_events_begin(session, &filter, &report), static_cast<uint32_t>(NADIR_NO_MEMORY)) << at;
        EXPECT_EQ(machine.memory.blocks().size(), before) << at;
    }
    machine.memory.fail_at.reset();
    ASSERT_EQ(stop(), NADIR_OK);
    release();
    EXPECT_TRUE(nothing_leaked());
}

TEST_F(Session, CountsExitsPerProcessor) {
    ASSERT_EQ(start(), NADIR_OK);
    for (unsigned i = 0; i < 5; ++i) {
        machine.switch_to(1);
        machine.now().general[0] = 0;
        exit_on(1);
    }
    machine.switch_to(0); // answered by root mode of another processor
    nadir_statistics active{}, stopped{};
    ASSERT_EQ(nadir_get_statistics(session, 1, &active), NADIR_OK);
    EXPECT_EQ(active.processor, 1u);
    EXPECT_EQ(active.state, static_cast<uint32_t>(NADIR_PROCESSOR_ON));
    EXPECT_EQ(active.exits[10], 5u);
    EXPECT_EQ(active.exits[18], 1u) << "the confirming hypercall";
    EXPECT_EQ(active.exits_total, 6u);
    EXPECT_GT(active.enter_ticks, 0u);
    EXPECT_EQ(active.leave_ticks, 0u);
    stop();
    ASSERT_EQ(nadir_get_statistics(session, 1, &stopped), NADIR_OK);
    EXPECT_EQ(stopped.state, static_cast<uint32_t>(NADIR_PROCESSOR_OFF));
    EXPECT_EQ(stopped.exits[10], 5u);
    EXPECT_EQ(stopped.exits[18], 2u);
    EXPECT_EQ(stopped.exits_total, 7u);
    EXPECT_EQ(stopped.enter_ticks, active.enter_ticks);
    EXPECT_GT(stopped.leave_ticks, 0u);
    EXPECT_EQ(nadir_get_statistics(session, 3, &stopped), NADIR_BAD_ARGUMENT);
    release();
}

TEST_F(Session, TellsItsState) {
    ASSERT_EQ(start(), NADIR_OK);
    nadir_state state{};
    ASSERT_EQ(nadir_get_state(session, &state), NADIR_OK);
    EXPECT_EQ(state.active, 1u);
    EXPECT_EQ(state.processors, 3u);
    EXPECT_EQ(state.processors_on, 3u);
    EXPECT_EQ(state.bytes_total, machine.memory.bytes_in_use() - 5 * 4096) << "all but the image itself";
    EXPECT_EQ(state.bytes_per_processor, core::block::bytes);
    EXPECT_EQ(state.bytes_image, 5u * 4096);
    EXPECT_EQ(state.physical_address_bits, 39u);
    EXPECT_EQ(state.vpid, 1u);
    EXPECT_GT(state.bytes_ept, 0u);
    EXPECT_LE(state.bytes_ept, 64u * 1024);
    const uint64_t ept = state.bytes_ept;
    stop();
    ASSERT_EQ(nadir_get_state(session, &state), NADIR_OK);
    EXPECT_EQ(state.active, 0u);
    EXPECT_EQ(state.processors_on, 0u);
    EXPECT_EQ(state.bytes_ept, ept);
    release();
}

TEST_F(Session, LogsWhatHappened) {
    ASSERT_EQ(start(), NADIR_OK);
    EXPECT_NE(log_of(NADIR_ANY_PROCESSOR).find("start requested: 3 processors, log level 3"), std::string::npos);
    EXPECT_NE(log_of(NADIR_ANY_PROCESSOR).find("active on 3 processors"), std::string::npos);
    exit_on(1, 55, {}); // XSETBV with nonsense in RCX: refused and logged
    machine.switch_to(0);
    EXPECT_NE(log_of(1).find("XSETBV"), std::string::npos) << log_of(1);
    EXPECT_EQ(log_of(0).find("XSETBV"), std::string::npos);
    const std::string active = log_of(1);
    stop();
    EXPECT_EQ(log_of(1), active);
    EXPECT_NE(log_of(NADIR_ANY_PROCESSOR).find("stopped: 3 processors handed back"), std::string::npos);
    nadir_log_request request{};
    request.processor = 3;
    EXPECT_EQ(nadir_read_log(session, &request), NADIR_BAD_ARGUMENT);
    release();
}

TEST_F(Session, AProcessorThatRootModeHadToStop) {
    ASSERT_EQ(start(), NADIR_OK);
    EXPECT_THROW(exit_on(1, 12), fake::Halted); // HLT: nobody asked for it
    machine.switch_to(0);
    nadir_statistics statistics{};
    nadir_get_statistics(session, 1, &statistics);
    EXPECT_EQ(statistics.state, static_cast<uint32_t>(NADIR_PROCESSOR_DEAD));
    nadir_get_statistics(session, 2, &statistics);
    EXPECT_EQ(statistics.state, static_cast<uint32_t>(NADIR_PROCESSOR_ON));
    EXPECT_NE(log_of(1).find("unexpected VM exit: reason 12"), std::string::npos) << log_of(1);
    const size_t blocks = machine.memory.blocks().size();
    EXPECT_EQ(stop(), NADIR_PROCESSOR_LOST) << report.text;
    EXPECT_EQ(report.processor, 1u);
    EXPECT_EQ(machine.memory.blocks().size(), blocks) << "the dead processor still stands on its stack there";
    EXPECT_TRUE(machine.processors[0].guest);
}

TEST_F(Session, CapabilitiesForTheHost) {
    std::vector<uint8_t> out(NADIR_CAPABILITIES_BYTES + 8, 0xEE);
    nadir_read_capabilities(out.data());
    arch::Capabilities c;
    std::memcpy(&c, out.data(), sizeof(c));
    EXPECT_TRUE(c.valid());
    EXPECT_TRUE(c.vmx());
    EXPECT_EQ(c.basic(), example_processor().basic());
    EXPECT_EQ(c.has_control_registers, 1u);
    EXPECT_EQ(c.cr4, machine.state().cr4);
    for (size_t i = sizeof(c); i < out.size(); ++i) {
        EXPECT_EQ(out[i], i < NADIR_CAPABILITIES_BYTES ? 0 : 0xEE);
    }
}

} // namespace
} // namespace nadir::test
