// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A machine that is made up, behind the seam of core/gdb/machine.h. Two processors whose every instruction is one byte long and does
// nothing; at `loop_end` they jump back to `loop_begin`. A page of memory lies at 1000H. A third processor never comes.
#pragma once

#include <cstdint>
#include <set>

#include "core/gdb/registers.h"
#include "core/gdb/session.h"

namespace fake {

inline constexpr uint32_t processors = 3;
inline constexpr uint32_t absent = 2;
inline constexpr uint64_t memory_begin = 0x1000;
inline constexpr uint32_t memory_bytes = 4096;
inline constexpr uint64_t loop_begin = 0x1100;
inline constexpr uint64_t loop_end = 0x1120;
inline constexpr uint64_t unsteppable = 0x1118;
// Of the VMCS: 64-bit host-state fields and what lies above aren't there; the others hold their encodings.
inline constexpr uint64_t first_absent_field = 0x6C00;

struct Machine {
    uint8_t memory[memory_bytes];
    uint64_t registers[processors][64]; // (processor + 1) << 24 and the register's number, but for RIP
    std::set<uint64_t> breakpoints;
    nadir::core::gdb::Refused refused;

    uint64_t& rip(uint32_t processor) {
        return registers[processor][static_cast<unsigned>(nadir::core::gdb::Register::rip)];
    }
};

extern Machine machine;

// As after power-on.
void reset();

// One instruction of each processor that isn't to stand still. True: `stop` says why the machine stops.
bool run(const nadir::core::gdb::Session& session, nadir::core::gdb::Stop& stop);

// Until GDB detaches. Between two stops the machine runs for so many instructions of each processor at most; and it stops when GDB
// says something (core/gdb/conversation.h).
void serve(nadir::core::gdb::Session& session, unsigned most_rounds);

// Nobody looks into it.
nadir::core::Vmm& vmm();

} // namespace fake
