// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a handler tells the exit loop. Only the loop moves the guest's RIP or injects.
#pragma once

#include <cstdint>

namespace nadir::core {

// The numbers are those of enum nadir_exit_outcome, which has 0 for an exit that is still in work.
enum class Outcome : uint8_t {
    advance = 1,        // the instruction was carried out for the guest: go on behind it
    retry,              // go on where the guest is (again): nothing to skip
    invalid_opcode,     // the instruction raises #UD in the guest
    general_protection, // the instruction raises #GP(0) in the guest
    leave,              // this processor leaves VMX operation
    unexpected,         // nothing that we asked for: report and stop, never skip
};

} // namespace nadir::core
