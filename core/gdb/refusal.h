// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the debugger was asked for and couldn't do: GDB's protocol has an error's number for it and GDB few words. `monitor why` has
// them, of the newest refusal.
#pragma once

#include <cstdint>

namespace nadir::core::gdb {

enum class Refusal : uint8_t {
    none,
    not_mapped,
    no_memory_there,
    ours,
    no_memory,
    in_use,
    hook_there,
    used_otherwise,
    step,
    too_many,
    too_much,
    not_stopped,
    unsupported,
    read_only,
    not_canonical,
    unavailable,
};

// What was asked for, and of what.
enum class Deed : uint8_t {
    none,
    breakpoint,     // linear address
    watchpoint,     // the same
    step,           // number of the processor
    write_register, // its number (enum Register)
    read_memory,    // linear address
    write_memory,   // the same
    come_back,      // nothing: all points, behind a change of the system's hooks
};

// Zeroed memory says that nothing was refused.
struct Refused {
    Deed what;
    Refusal why;
    uint64_t where;
};

} // namespace nadir::core::gdb
