// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a driver may import, with the IRQLs at which Windows allows it [the page of each routine].
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

constexpr u32 any_interrupt_flag = 1; // may be called with interrupts off
constexpr u32 by_lookup_only =
    4;                      // newer than Windows 10 1803: not to be imported, but MmGetSystemRoutineAddress has it
constexpr u32 may_fail = 2; // counted by fail_next_import

struct Import {
    const char* name;
    const void* implementation;
    u8 highest; // IRQL
    u32 flags;
};

bool is_known_module(const char* name);
// The address that goes into the import address table; 0: no such import.
u64 resolve_import(const char* name);

// The `number`-th call from now (from 1) of those that may fail does; 0: none. Returns whether the last order was carried out.
bool fail_import(u32 number);
bool import_has_failed();
const char* failed_import();
// For an implementation: is it this call?
bool fails_now(const char* name);

// Each module's part of the table.
struct Imports {
    const Import* first;
    u32 count;
};
Imports debug_imports();
Imports executive_imports();
Imports io_imports();
Imports memory_imports();
Imports object_imports();
Imports processor_imports();
Imports synchronization_imports();
Imports thread_imports();

} // namespace nadir::nt
