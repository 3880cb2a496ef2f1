// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The programs that test=NAME chooses as the guest.
#pragma once

#include "hosts/bare/options.h"

namespace nadir::bare {

// Each prints what it saw and returns nullptr, or why it failed.
using Program = const char* (*)(const Options& options);

const char* run_caps(const Options& options);
const char* run_onoff(const Options& options);
const char* run_cycles(const Options& options);
const char* run_fail(const Options& options);
const char* run_bench(const Options& options);
const char* run_root_fault(const Options& options);
const char* run_soak(const Options& options);
const char* run_hostile(const Options& options);
const char* run_recorder(const Options& options);
const char* run_watchdog(const Options& options);
const char* run_handover(const Options& options);
const char* run_events(const Options& options);
const char* run_hooks(const Options& options);
const char* run_memory(const Options& options);
const char* run_protect(const Options& options);
const char* run_hook_growth(const Options& options);
const char* run_register_events(const Options& options);
const char* run_traffic(const Options& options);
const char* run_rules(const Options& options);
const char* run_together(const Options& options);
const char* run_extensions(const Options& options);
const char* run_gdb(const Options& options);
const char* run_event_registers(const Options& options);
const char* run_inspect(const Options& options);

// What programs that repeat something say to cycles=0, by which they would pass with nothing done.
inline constexpr const char* nothing_to_do = "give cycles=1 or more: with 0 there is nothing to do";

Program find_program(const char* name);

// Starts Nadir as the options say, and prints the report. nullptr: it didn't start, and `status` says why.
nadir_session* start_nadir(const Options& options, u32& status);
// The same, and root mode makes mistakes when it is told to; the session is options.session, nullptr where it didn't start.
bool start_to_provoke(Options& options);
// Why no processor dies of this mistake (provoke=N) here; nullptr: one does.
const char* refuse_provocation(u32 provoke);
// For begin_on with an Options: root mode makes the mistake options.provoke there.
NADIR_ABI u32 provoke_here(void* options, u32);
// The same, from here; false when root mode lives on.
bool dies_of_provocation(Options& options, u32 victim);
// The next processor that the watchdog finds overdue within some of its periods; NADIR_ANY_PROCESSOR: none.
u32 look_for_overdue(const nadir_session* session);
// The log of a processor, in words.
void print_records(nadir_session* session, u32 number);

// Bochs's debugger stops here when asked to, as a witness; elsewhere it does nothing.
inline void magic_break() { asm volatile("xchgw %bx, %bx"); }

// Stops it, prints the report, releases the session.
u32 stop_nadir(nadir_session* session);

} // namespace nadir::bare
