// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=steps: each step of a start fails on each processor; test=calls: each call into Windows that may fail does, while Nadir
// is turned on; test=entry: the same in DriverEntry; test=second: the device's name is taken. The machine stays as it was.
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/imports/devices.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/comparison.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

namespace {

constexpr u32 most_calls = 200; // more failing calls than a start has

void fail_step(FileObject* file, u32 step, u32 processor) {
    nadir_options options = plain_options;
    options.log_level = NADIR_LEVEL_ERROR;
    options.fail_step = step;
    options.fail_processor = processor;
    const nadir_report report = turn_on(file, options);
    if (report.status == NADIR_OK)
        violation(rule::request, 0, "the start succeeded although step %u was to fail on processor %u", step,
                  processor);
    if (report.step != step)
        violation(rule::request, 0, "step %u was to fail, the report says %u", step, report.step);
    require_off(file);
    require_same_machine("after a step that failed");
}

} // namespace

const char* run_steps(const Options& options) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    remember_machine();
    for (u32 step = NADIR_STEP_PROBE; step < NADIR_STEP_COUNT; ++step) {
        if (options.step != 0 && step != options.step)
            continue;
        const bool on_each = step >= NADIR_STEP_CHECK_PROCESSOR && step != NADIR_STEP_SEAL;
        for (u32 i = 0; i < (on_each ? active_cpus() : 1); ++i)
            fail_step(file, step, on_each ? i : NADIR_ANY_PROCESSOR);
    }
    must_turn_on(file);
    must_turn_off(file);
    require_same_machine("after all");
    close_device(file);
    unload_driver();
    return nullptr;
}

const char* run_calls(const Options&) {
    // Loaded anew each time, for what is done at the first start only.
    for (u32 i = 1; i < most_calls; ++i) {
        if (!succeeded(load_driver()))
            return "DriverEntry failed";
        FileObject* file = open_nadir();
        remember_machine();
        fail_import(i);
        Status refused = status::success;
        const nadir_report report = turn_on(file, plain_options, &refused);
        const bool failed = import_has_failed();
        const char* call = failed_import();
        fail_import(0);
        if (failed)
            bare::print("call %u, %s, failed: status %u\n", i, call, report.status);
        if (report.status == NADIR_OK) { // with all, or with what it can do without
            require_on(file);
            must_turn_off(file);
        }
        require_off(file);
        require_same_machine("after");
        // The next start is as if nothing had been.
        must_turn_on(file);
        must_turn_off(file);
        close_device(file);
        unload_driver();
        if (!failed)
            return i > 1 ? nullptr : "a start asks Windows for nothing that may fail";
    }
    return "the starts never come to an end";
}

const char* run_entry(const Options&) {
    for (u32 i = 1; i < most_calls; ++i) {
        fail_import(i);
        const Status status = load_driver();
        if (!import_has_failed()) {
            fail_import(0);
            if (!succeeded(status))
                return "DriverEntry failed";
            unload_driver();
            return i > 1 ? nullptr : "DriverEntry asks Windows for nothing that may fail";
        }
        bare::print("call %u, %s, failed: DriverEntry %x\n", i, failed_import(), status);
        fail_import(0);
        if (succeeded(status))
            unload_driver();
    }
    return "DriverEntry never comes to an end";
}

const char* run_second(const Options&) {
    occupy_name(u"\\Device\\Nadir");
    if (const Status status = load_driver(); status != status::object_name_collision)
        violation(rule::object, 0, "DriverEntry returned %x although the device's name was taken", status);
    occupy_name(nullptr);
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    unload_driver();
    return nullptr;
}

} // namespace nadir::nt
