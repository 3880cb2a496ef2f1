// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command line: words separated by spaces, "key" or "key=value".
#pragma once

#include "core/nadir.h"
#include "hosts/bare/types.h"

namespace nadir::bare {

constexpr u32 maximum_hooks = 64;

struct Options {
    char test[32];            // test=NAME: one of our programs is the guest
    bool bare;                // everything but Nadir
    bool set_vmxe;            // test aid: sets CR4.VMXE on each processor, as another hypervisor would
    bool dirty;               // test aid: the memory that the core gets is not zeroed
    u32 cycles;               // cycles=N
    u64 seed;                 // seed=N, for what is random
    u32 provoke;              // provoke=N: enum nadir_provocation, for test=root_fault, test=recorder
    u32 events;               // events=N: bits of enum nadir_event_kind, watched from before a guest begins
    u64 hooks[maximum_hooks]; // hook=ADDRESS, as often as wanted: hidden breakpoints in the guest, set before it begins
    u32 hook_count;
    u64 watched
        [NADIR_MEMORY_RANGES]; // watched=ADDRESS, as often as wanted: accesses to this page of the guest's, the lowest bits say
                               // which (enum nadir_memory_access), are events
    u32 watched_count;
    nadir_session* session; // where a program puts it for its procedures
    u32 processors;         // processors=N: start no more than so many; 0: all
    nadir_options core;     // log=error|warning|info|debug, fail_step=N, fail_processor=N, fail_field=N, fail_value=N,
                            // record=every, hook_pages=N
};

// Reports each word that is unknown or has a wrong value, and returns false for it: a typing error would otherwise pass
// for a test.
bool parse_options(const char* line, Options& options);

} // namespace nadir::bare
