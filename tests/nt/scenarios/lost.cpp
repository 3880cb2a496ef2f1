// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode loses a processor, by a fault (test=lost) or by hanging, which only a watchdog notices (test=hang).
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

namespace {

constexpr u32 lost_cpu = 1;
constexpr u64 patience = 3000; // ticks

// hosts/windows/ioctl.h says the same.
constexpr u32 function_provoke = 0x100;
struct ProvokeRequest {
    nadir_header header;
    u32 provocation;
    u32 reserved;
};

// Its thread never comes back, so nothing of it may be on another's stack.
FileObject* provokers_file;
ProvokeRequest provocation;

void provoke_there(void*) {
    set_affinity(1ull << lost_cpu);
    ask(provokers_file, function_provoke, provocation);
    violation(rule::request, 0, "the mistake %u was not made", provocation.provocation);
}

u32 state_of_processor(FileObject* file, u32 processor) {
    nadir_statistics_request request{};
    request.processor = processor;
    if (const Answer answer = ask(file, NADIR_FUNCTION_STATISTICS, request); answer.status != status::success)
        violation(rule::request, 0, "statistics: %x", answer.status);
    return request.statistics.state;
}

void must_be_refused(FileObject* file, const char* when) {
    ProvokeRequest request{};
    request.provocation = NADIR_PROVOKE_INVALID_OPCODE;
    if (succeeded(ask(file, function_provoke, request).status))
        violation(rule::request, 0, "%s: the request to make a mistake succeeded", when);
}

const char* lose_a_processor(u32 mistake) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    if (active_cpus() != 2)
        return "this scenario wants two processors";
    set_affinity(1);
    FileObject* file = open_nadir();
    provokers_file = open_nadir();
    must_be_refused(file, "off");
    must_turn_on(file);
    must_be_refused(file, "on without allow_provoke");
    must_turn_off(file);

    nadir_options options = plain_options;
    options.allow_provoke = 1;
    options.com1 = 0; // root mode's own report would come in the midst of this kernel's lines
    if (turn_on(file, options).status != NADIR_OK)
        violation(rule::request, 0, "it can't be turned on");
    provocation.provocation = mistake;
    create_thread("provoker", provoke_there, nullptr);
    const u64 begun = tick_count();
    while (state_of_processor(file, lost_cpu) != NADIR_PROCESSOR_DEAD) {
        if (tick_count() - begun > patience)
            violation(rule::request, 0, "processor %u is in state %u", lost_cpu, state_of_processor(file, lost_cpu));
        sleep(10);
    }
    bare::print("lost: after %llu ticks\n", tick_count() - begun);
    sleep(200); // what the log has of it is read once a second
    const nadir_report report = turn_off(file);
    if (report.status != NADIR_PROCESSOR_LOST || report.processor != lost_cpu)
        violation(rule::request, 0, "off: status %u, processor %u", report.status, report.processor);
    close_device(file);
    // The provoker's handle stays open, so Windows wouldn't unload the driver: what follows is for mistakes that nobody asked
    // for.
    unload_driver_that_stays();
    return nullptr;
}

} // namespace

const char* run_lost(const Options&) { return lose_a_processor(NADIR_PROVOKE_INVALID_OPCODE); }
const char* run_hang(const Options&) { return lose_a_processor(NADIR_PROVOKE_HANG); }

} // namespace nadir::nt
