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

Program find_program(const char* name);

// Starts Nadir as the options say, and prints the report. nullptr: it didn't start, and `status` says why.
nadir_session* start_nadir(const Options& options, u32& status);
// Stops it, prints the report, releases the session.
u32 stop_nadir(nadir_session* session);

} // namespace nadir::bare
