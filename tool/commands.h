// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The commands: each takes the system and its options, writes to a stream and says how to exit.
#pragma once

#include "control/control.h"
#include "tool/exit_status.h"
#include "tool/system.h"

#include <optional>
#include <ostream>
#include <string>

namespace nadir::tool {

struct OnOptions {
    nadir_level log_level = NADIR_LEVEL_INFO;
    nadir_u32 com1 = 0;
    nadir_u32 fail_step = NADIR_STEP_NONE;
    nadir_u32 fail_processor = NADIR_ANY_PROCESSOR;
    bool json = false;
};
ExitStatus command_on(System& system, const OnOptions& options, std::ostream& out);

struct OffOptions {
    bool json = false;
};
ExitStatus command_off(System& system, const OffOptions& options, std::ostream& out);

struct StatusOptions {
    bool json = false;
};
ExitStatus command_status(System& system, const StatusOptions& options, std::ostream& out);

struct StatsOptions {
    std::optional<nadir_u32> processor;
    bool json = false;
};
ExitStatus command_stats(System& system, const StatsOptions& options, std::ostream& out);

struct LogOptions {
    std::optional<nadir_u32> processor;
    nadir_level level = NADIR_LEVEL_DEBUG;
    bool follow = false;
    bool ticks = false;
    bool json = false;
};
ExitStatus command_log(System& system, const LogOptions& options, std::ostream& out);

struct CapsOptions {
    std::string from; // a file of `caps --json`; empty: this machine
    bool json = false;
};
ExitStatus command_caps(System& system, const CapsOptions& options, std::ostream& out);

// The whole command line; returns what main returns.
int run(System& system, int argc, const char* const* argv, std::ostream& out, std::ostream& err);

} // namespace nadir::tool
