// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=onoff: the processors before, during and after, and what the driver holds.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/comparison.h"
#include "tests/nt/scenarios/scenarios.h"
#include "tests/nt/scenarios/witness.h"

namespace nadir::nt {

namespace {

constexpr u32 cpuids = 200;

void execute_cpuid(u32) {
    for (u32 i = 0; i < cpuids; ++i)
        bare::cpuid(i % 8);
    magic_break();
}

void require_exits(FileObject* file) {
    for (u32 i = 0; i < active_cpus(); ++i) {
        static nadir_statistics_request request;
        request = {};
        request.processor = i;
        constexpr u32 reason_cpuid = 10;
        if (ask(file, NADIR_FUNCTION_STATISTICS, request).status != status::success)
            violation(rule::request, 0, "no statistics of processor %u", i);
        if (request.statistics.exits[reason_cpuid] < cpuids)
            violation(rule::request, 0, "processor %u had %llu exits by CPUID, of at least %u", i,
                      request.statistics.exits[reason_cpuid], cpuids);
    }
}

} // namespace

const char* run_onoff(const Options& options) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    require_off(file);
    remember_machine();
    u32 held = 0;
    u64 pages = 0;
    magic_break();
    for (u32 i = 0; i < options.rounds; ++i) {
        must_turn_on(file);
        require_same_machine("during");
        on_each_cpu(execute_cpuid);
        require_exits(file);
        must_turn_off(file);
        require_same_machine("after");
        // The first start leaves what the driver keeps until it is unloaded; from then on nothing may grow.
        if (i > 0 && (all_holdings() != held || pages_in_use() != pages))
            violation(rule::leak, 0, "after round %u the driver holds %u things, where it held %u, and %llu pages more",
                      i + 1, all_holdings(), held, pages_in_use() - pages);
        held = all_holdings();
        pages = pages_in_use();
    }
    magic_break();
    close_device(file);
    unload_driver();
    return nullptr;
}

} // namespace nadir::nt
