// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a processor has to forget when pages are hidden or watched: an emulator that caches little would not miss it.
#include <algorithm>

#include "arch/vmx/fields.h"
#include "core/session.h"
#include "core/step.h"
#include "core/views/views.h"
#include "tests/fakes/window.h"
#include "tests/unit/core/fixture.h"

namespace nadir::test {
namespace {

namespace vmcs = arch::vmcs;

constexpr uint32_t ept_violation = 48;
constexpr uint32_t monitor_trap_flag_exit = 37;
constexpr uint32_t nmi_window_exit = 8;
constexpr uint64_t write_access = 0x182; // by an instruction, at a linear address
constexpr uint64_t read_access = 0x1A1;  // of what may be executed, not read
constexpr uint64_t page_bytes = 4096;

class Forgets : public MachineTest {
protected:
    Forgets() {
        options.hook_pages = 32;
        page = machine.memory.allocate(page_bytes);
        std::memset(page, 0x90, page_bytes);
        physical = machine.memory.physical_of(page);
        EXPECT_EQ(start(), NADIR_OK) << report.text;
        machine.hides = false; // the test looks where the guest can't
        EXPECT_TRUE(exit_on(0));
        window = std::make_unique<fake::Window>(machine, *session->vmm);
    }
    ~Forgets() override {
        stop();
        release();
    }

    size_t invalidations() const {
        return static_cast<size_t>(std::count_if(machine.journal.begin(), machine.journal.end(),
                                                 [](const std::string& line) { return line.starts_with("INVEPT"); }));
    }
    const core::Vcpu& vcpu() const { return *session->vmm->vcpus[0]; }
    bool write_to_page(uint32_t delivered = 0) {
        return machine.exit(ept_violation, {{vmcs::exit_qualification.encoding, write_access},
                                            {vmcs::guest_physical_address.encoding, physical},
                                            {vmcs::guest_linear_address.encoding, 0x1000},
                                            {vmcs::idt_vectoring_information.encoding, delivered}});
    }
    void let_flag_work() const {
        session->vmm->vcpus[0]->step.monitor_trap = static_cast<uint8_t>(core::MonitorTrap::works);
    }
    uint64_t eptp_of_step() const { return arch::Eptp{session->vmm->eptp}.set_address(vcpu().view->step.root).value; }
    std::string step_tables() const { return "INVEPT 1 " + std::to_string(eptp_of_step()); }

    uint8_t* page = nullptr;
    uint64_t physical = 0;
    std::unique_ptr<fake::Window> window;
};

TEST_F(Forgets, WhatItCachedBeforePagesWereHiddenAndBeforeTheyWereArmed) {
    const nadir_hook hook{physical, 0, NADIR_HOOK_BREAKPOINT, 0};
    const size_t before = invalidations();
    ASSERT_EQ(nadir_hooks_begin(session, &hook, 1, &report), NADIR_OK) << report.text;
    EXPECT_EQ(invalidations() - before, 2u) << "with the pages' rights gone, and with the copies there";
    ASSERT_EQ(nadir_hooks_end(session, &report), NADIR_OK);
    EXPECT_EQ(invalidations() - before, 3u) << "with the pages themselves executed again";
}

TEST_F(Forgets, WhatTheStepForAHiddenPageHadOpen) {
    const nadir_hook hook{physical, 0, NADIR_HOOK_BREAKPOINT, 0};
    ASSERT_EQ(nadir_hooks_begin(session, &hook, 1, &report), NADIR_OK) << report.text;
    let_flag_work();
    ASSERT_TRUE(write_to_page());
    EXPECT_EQ(machine.field(vmcs::eptp), eptp_of_step());
    const size_t before = invalidations();
    ASSERT_TRUE(machine.exit(monitor_trap_flag_exit));
    EXPECT_EQ(invalidations() - before, 1u);
    EXPECT_EQ(std::count(machine.journal.begin(), machine.journal.end(), step_tables()), 1);
    ASSERT_EQ(nadir_hooks_end(session, &report), NADIR_OK);
}

TEST_F(Forgets, WhatItCachedBeforeMemoryWasWatchedAndBehindEachStep) {
    nadir_event_filter filter{};
    filter.kinds = 1u << NADIR_EVENT_MEMORY;
    filter.memory_count = 1;
    filter.memory[0] = {physical, physical + 3, NADIR_MEMORY_WRITE, 0};
    const size_t before = invalidations();
    // The ring is mapped by INVLPG, which the window of the test doesn't know.
    machine.on_invalidate_page = nullptr;
    ASSERT_EQ(nadir_events_begin(session, &filter, &report), NADIR_OK) << report.text;
    EXPECT_EQ(invalidations() - before, 1u) << "the guard's tables are those of an earlier one";
    ASSERT_EQ(nadir_events_end(session, &report), NADIR_OK);
    EXPECT_EQ(invalidations() - before, 2u);
    EXPECT_EQ(vcpu().view, nullptr);
    EXPECT_EQ(machine.field(vmcs::eptp), session->vmm->eptp.value);
}

// Each range lies where no other one needs the same table, and there are fewer tables than that.
TEST_F(Forgets, NothingThatItHasNoTableFor) {
    nadir_event_filter filter{};
    filter.kinds = 1u << NADIR_EVENT_MEMORY;
    filter.memory_count = NADIR_MEMORY_RANGES;
    for (uint64_t i = 0; i < NADIR_MEMORY_RANGES; ++i) {
        const uint64_t first = (i + 4) << 30; // no devices there
        filter.memory[i] = {first, first, NADIR_MEMORY_WRITE, 0};
    }
    machine.on_invalidate_page = nullptr;
    EXPECT_EQ(nadir_events_begin(session, &filter, &report), NADIR_NO_MEMORY) << report.text;
    EXPECT_EQ(vcpu().view, nullptr) << "it has nothing of the watch";
    filter.memory_count = 1;
    ASSERT_EQ(nadir_events_begin(session, &filter, &report), NADIR_OK) << report.text;
    ASSERT_EQ(nadir_events_end(session, &report), NADIR_OK);
}

// What a step has open stays open: a plain change of view in its midst would leave the emulator's trap pending, and end it early.
TEST_F(Forgets, NothingOfAStepThatMeetsAHiddenPage) {
    uint8_t* const other = machine.memory.allocate(page_bytes);
    const nadir_hook hook{machine.memory.physical_of(other), 0, NADIR_HOOK_BREAKPOINT, 0};
    std::memset(other, 0x90, page_bytes);
    ASSERT_EQ(nadir_hooks_begin(session, &hook, 1, &report), NADIR_OK) << report.text;
    nadir_event_filter filter{};
    filter.kinds = 1u << NADIR_EVENT_MEMORY | 1u << NADIR_EVENT_DESCRIPTOR_TABLE;
    filter.memory_count = 1;
    // Beside what is written: the test has no ring for an event of it.
    filter.memory[0] = {physical + 256, physical + 259, NADIR_MEMORY_WRITE, 0};
    machine.on_invalidate_page = nullptr;
    ASSERT_EQ(nadir_events_begin(session, &filter, &report), NADIR_OK) << report.text;
    let_flag_work();
    core::Vcpu& stepping = *session->vmm->vcpus[0];
    const auto read_hidden_page = [&] {
        return machine.exit(ept_violation, {{vmcs::exit_qualification.encoding, read_access},
                                            {vmcs::guest_physical_address.encoding, hook.address},
                                            {vmcs::guest_linear_address.encoding, 0x2000},
                                            {vmcs::idt_vectoring_information.encoding, 0}});
    };
    machine.now().guest = false;
    core::begin_step(stepping, core::StepEnd::optional_exits); // one that meets none
    machine.now().guest = true;
    ASSERT_TRUE(machine.exit(monitor_trap_flag_exit));
    EXPECT_EQ(stepping.view->in_step, 0u);
    stepping.view->in = core::In::executing;
    machine.now().guest = false;
    core::begin_step(stepping, core::StepEnd::optional_exits); // as an instruction's exit does
    machine.now().guest = true;
    ASSERT_TRUE(read_hidden_page());
    EXPECT_EQ(machine.field(vmcs::eptp), eptp_of_step());
    ASSERT_TRUE(machine.exit(monitor_trap_flag_exit));
    EXPECT_NE(machine.field(vmcs::eptp), eptp_of_step());
    // The delivery of an event has pages open without a step.
    constexpr uint32_t page_fault = 0x8000'0B0E;
    ASSERT_TRUE(write_to_page(page_fault));
    ASSERT_TRUE(read_hidden_page());
    EXPECT_EQ(machine.field(vmcs::eptp), eptp_of_step());
    ASSERT_TRUE(machine.exit(nmi_window_exit)); // it has arrived
    EXPECT_EQ(stepping.view->in_step, 0u);
    ASSERT_EQ(nadir_events_end(session, &report), NADIR_OK);
    ASSERT_EQ(nadir_hooks_end(session, &report), NADIR_OK);
}

} // namespace
} // namespace nadir::test
