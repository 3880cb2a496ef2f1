// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the driver holds: everything that it must have given back when it is unloaded.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

enum class Holding : u32 {
    none,
    pool,
    contiguous_memory,
    handle,
    reference, // of an object
    callback,  // registered
    device,
    symbolic_link,
    shutdown_notification,
    bug_check_callback,
    processor_callback,
    nmi_callback,
    io_space,
};

struct Entry {
    Holding kind;
    u64 key; // address, handle
    u64 detail;
    u64 bytes;
    u32 tag;
    u64 caller;
};

void note_holding(Holding kind, u64 key, u64 detail = 0, u64 bytes = 0, u32 tag = 0);
// Takes it out; false: there is none.
bool take_holding(Holding kind, u64 key, Entry& entry);
// Counts those of a kind.
u32 holdings(Holding kind);
u32 all_holdings();
// Calls visit(entry) for each of the kind.
template <typename Visit>
void for_each_holding(Holding kind, Visit visit);

// Ends the run with a line for each, unless there is none.
void require_no_holdings(const char* when);

const Entry* holding_at(u32 index);
constexpr u32 most_holdings = 1024;

template <typename Visit>
void for_each_holding(Holding kind, Visit visit) {
    for (u32 i = 0; i < most_holdings; ++i) {
        const Entry* entry = holding_at(i);
        if (entry->kind == kind)
            visit(*entry);
    }
}

} // namespace nadir::nt
