// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the system does while Nadir is on: test=unload, test=close, test=hotadd, test=shutdown, test=bugcheck.
#include "hosts/bare/machine/print.h"
#include "tests/nt/abi/objects.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/imports/devices.h"
#include "tests/nt/imports/executive.h"
#include "tests/nt/imports/processors.h"
#include "tests/nt/kernel/lock.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/scenarios/client.h"
#include "tests/nt/scenarios/comparison.h"
#include "tests/nt/scenarios/scenarios.h"
#include "tests/nt/scenarios/witness.h"

namespace nadir::nt {

namespace {

FileObject* shared;
bool too_late;

void close_it(void*) {
    while (requests_under_way(shared) == 0 && !__atomic_load_n(&too_late, __ATOMIC_ACQUIRE))
        yield();
    if (requests_under_way(shared) == 0)
        violation(rule::request, 0,
                  "the request was over before its handle could be closed: the scenario shows nothing");
    close_device(shared);
}

} // namespace

const char* run_unload(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    remember_machine();
    must_turn_on(file);
    close_device(file);
    on_each_cpu([](u32) { magic_break(); });
    unload_driver();
    // The image is gone, and with it its constants: so the processors only.
    forget_memory();
    require_same_machine("after unload");
    on_each_cpu([](u32) { magic_break(); });
    return nullptr;
}

// A thread that isn't in the request closes the handle while it is carried out.
const char* run_close(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    remember_machine();
    for (u32 i = 0; i < 2; ++i) {
        shared = open_nadir();
        Thread* closer = create_thread("closer", close_it, nullptr, true);
        if (i == 0)
            turn_on(shared, plain_options);
        else
            turn_off(shared);
        __atomic_store_n(&too_late, true, __ATOMIC_RELEASE);
        join(*closer);
        too_late = false;
    }
    FileObject* file = open_nadir();
    require_off(file);
    require_same_machine("after handles closed in mid-request");
    close_device(file);
    unload_driver();
    return nullptr;
}

const char* run_hotadd(const Options& options) {
    if (options.held == 0)
        return "the command line is wrong: without held=N there is no processor to add";
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    remember_machine();
    must_turn_on(file);
    for (u32 i = 0; i < options.held; ++i) {
        if (!hot_add())
            violation(rule::request, 0, "the driver refuses a processor");
        require_on(file); // of all that run now
    }
    on_each_cpu([](u32) { magic_break(); });
    must_turn_off(file);
    require_same_machine("after"); // of those that ran at the beginning
    must_turn_on(file);
    must_turn_off(file);
    close_device(file);
    unload_driver();
    return nullptr;
}

const char* run_shutdown(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    remember_machine();
    must_turn_on(file);
    if (!send_shutdown(file->device))
        violation(rule::request, 0, "the driver doesn't want to know of a shutdown");
    require_off(file);
    require_same_machine("after the shutdown");
    return nullptr; // nothing is unloaded any more
}

const char* run_bugcheck(const Options&) {
    if (!succeeded(load_driver()))
        return "DriverEntry failed";
    FileObject* file = open_nadir();
    must_turn_on(file);
    disable_interrupts();
    freeze_others();
    bare::write_cr8(high_level);
    if (call_bug_check_callbacks() == 0)
        violation(rule::request, 0, "the driver doesn't want to know of a bug check");
    bare::print("bug check callbacks called on processor %u\n", this_cpu().index);
    magic_break();
    return nullptr;
}

} // namespace nadir::nt
