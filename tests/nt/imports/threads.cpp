// SPDX-License-Identifier: MIT OR GPL-2.0-only
// System threads.
#include "tests/nt/image/call.h"
#include "tests/nt/imports/handles.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

struct Start {
    const void* routine;
    u64 context;
};

void check_end(const Thread& thread) {
    if (irql() != passive_level)
        violation(rule::irql, last_caller(), "a system thread ends at IRQL %u", irql());
    if (thread.held_mutants != 0)
        violation(rule::object, last_caller(), "a system thread ends with a mutex that it holds");
    if (thread.system_affinity)
        violation(rule::affinity, last_caller(),
                  "a system thread ends with the affinity that it was given for a while");
}

void run(void* argument) {
    const Start start = *static_cast<Start*>(argument);
    call_driver("a system thread", start.routine, start.context);
    check_end(this_thread());
}

NADIR_NT_ABI Status PsCreateSystemThread(Handle* handle, u32, const ObjectAttributes* attributes, Handle process, void*,
                                         const void* routine, u64 context) {
    constexpr u32 kernel_handle = 0x200;
    if (attributes == nullptr || (attributes->attributes & kernel_handle) == 0)
        violation(rule::object, last_caller(),
                  "PsCreateSystemThread without OBJ_KERNEL_HANDLE: a user's process may own the handle");
    if (process != 0)
        violation(rule::object, last_caller(), "PsCreateSystemThread in another process than System");
    if (fails_now("PsCreateSystemThread"))
        return status::insufficient_resources;
    static Start starts[maximum_processors];
    static u32 next;
    Start& start = starts[__atomic_fetch_add(&next, 1, __ATOMIC_RELAXED) % maximum_processors];
    start = {routine, context};
    Thread* thread = create_thread("a driver's", run, &start);
    thread->of_driver = true;
    *handle = open_handle(thread);
    return status::success;
}

NADIR_NT_ABI Status PsTerminateSystemThread(Status status) {
    if (!this_thread().of_driver)
        violation(rule::object, last_caller(), "PsTerminateSystemThread by a thread that isn't a system thread");
    check_end(this_thread());
    end_thread(status);
}

} // namespace

Imports thread_imports() {
    static const Import table[] = {
        {"PsCreateSystemThread", reinterpret_cast<const void*>(&PsCreateSystemThread), passive_level, may_fail},
        {"PsTerminateSystemThread", reinterpret_cast<const void*>(&PsTerminateSystemThread), passive_level, 0},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
