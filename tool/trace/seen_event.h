// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An event as the command has it: with all that is known around it.
#pragma once

#include "control/control.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nadir::tool {

inline constexpr std::array<std::string_view, 17> register_names = {"rax", "rcx", "rdx", "rbx", "rsp",   "rbp",
                                                                    "rsi", "rdi", "r8",  "r9",  "r10",   "r11",
                                                                    "r12", "r13", "r14", "r15", "rflags"};

using EventRegisters = std::array<std::uint64_t, register_names.size()>; // before the instruction

struct SeenEvent {
    nadir_u32 processor;
    nadir_event event;
    nadir_event_process process;
    std::optional<EventRegisters> registers;
};

inline bool has_process(const SeenEvent& one) { return (one.process.flags & NADIR_PROCESS_KNOWN) != 0; }

// The name of its thread; anything may be in it, and what isn't printable becomes "?".
inline std::string process_name(const SeenEvent& one) {
    std::string name(one.process.name, one.process.name + sizeof(one.process.name));
    name.resize(name.find('\0') < name.size() ? name.find('\0') : name.size());
    for (char& letter : name) {
        if (letter < ' ' || letter > '~') {
            letter = '?';
        }
    }
    return name;
}

} // namespace nadir::tool
