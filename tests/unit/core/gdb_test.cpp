// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The debugger's part that depends on who stands still. (Its protocol: tests/unit/gdb. With a real GDB: tests/bare/test_gdb.py.)
#include <thread>

#include "core/gdb/apply.h"
#include "core/gdb/attend.h"
#include "core/views/views.h"
#include "core/watchdog.h"
#include "tests/unit/core/two_processors.h"

namespace nadir::test {
namespace {

namespace gdb = core::gdb;

// Two processors, the first one of which serves GDB.
class GdbMachine : public TwoProcessors {
protected:
    GdbMachine() {
        vmm.views = &views;
        gdb::place_debugger(vmm, memory.data(), 0x2F8);
        debugger().server = 1;
        debugger().stop = 1;
    }
    gdb::Debugger& debugger() { return *vmm.debugger; }
    gdb::Seat& seat_of_other() { return debugger().seats[1]; }

    core::Views views{};
    core::ViewUser user{};
    std::vector<uint64_t> memory = std::vector<uint64_t>(gdb::debugger_pages(2) * 512);
};

// What it walks must not change under it. It doesn't answer, for it is in the midst of something, or waits for a start-up IPI.
TEST_F(GdbMachine, NothingChangesUnderAProcessorThatDoesNotStandStill) {
    vmm.capabilities.set_msr(arch::capability_msr::vmx_ept_vpid, 0); // so that nothing is made where nothing hinders
    other.view = &user;
    EXPECT_EQ(gdb::apply_points(vmm), gdb::Refusal::not_stopped);
    EXPECT_EQ(debugger().changes, 0u);

    core::set_state(other, NADIR_PROCESSOR_OFF); // it has left, with all it walked
    EXPECT_EQ(gdb::apply_points(vmm), gdb::Refusal::unsupported);
    core::set_state(other, NADIR_PROCESSOR_ON);
    other.view = nullptr; // it walks nothing of that
    EXPECT_EQ(gdb::apply_points(vmm), gdb::Refusal::unsupported);
    EXPECT_EQ(debugger().changes, 2u);
}

TEST_F(GdbMachine, MonitorWhySaysWhoDidNotStandStill) {
    gdb::refuse(vmm, {gdb::Deed::watchpoint, gdb::Refusal::not_stopped, 0x1234});
    char text[256];
    base::Writer out(text);
    gdb::put_refusal(vmm, out);
    EXPECT_EQ(std::string(out.view()),
              "A watchpoint at 0x1234: a processor hasn't come to stand still, and may be using what was to be "
              "changed: continue, and try again.\n");
}

// Its hypercall is about views, and waits until GDB lets it, which may take as long as a person takes.
TEST_F(GdbMachine, TheWatchdogSparesWhoStandsStillInAHypercall) {
    debugger().seats[0].standing = 1; // when its turn to hold everybody comes
    core::begin_record(other, arch::ExitReason{18});
    std::thread waits([&] { const gdb::HoldAll everybody{other}; });
    while (__atomic_load_n(&seat_of_other().standing, __ATOMIC_ACQUIRE) == 0) {
        std::this_thread::yield();
    }
    for (unsigned i = 0; i < 4; ++i) {
        machine.time += 10'000'000;
        EXPECT_EQ(core::watch(vcpu, 0), NADIR_ANY_PROCESSOR);
    }
    __atomic_store_n(&debugger().server, 0, __ATOMIC_RELEASE);
    __atomic_store_n(&debugger().stop, 0, __ATOMIC_RELEASE);
    waits.join();
    EXPECT_EQ(other.watch.waits, 0u);
}

} // namespace
} // namespace nadir::test
