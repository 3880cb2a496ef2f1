// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A kernel that does what a guest can do and prints what came of it: to be run bare and under Nadir, and compared. It
// knows nothing of Nadir and asks it nothing.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::conformance {

using namespace nadir::bare; // the machine

// The command line: PART, and what some parts want.
struct Options {
    static constexpr u32 most_words = 4;

    char part[32];
    u64 seed;           // seed=N
    u32 first;          // first=N: with which of them it begins
    u32 count;          // count=N: how many of what the part does
    u32 block;          // block=N: how many of them are put together in one line
    u32 detail;         // detail=N: the one that is printed in full
    const char* script; // what was given as a module; nullptr where none was
    u64 script_bytes;
    u64 top;              // top=MIB: where memory ends
    u64 find[most_words]; // find=N, each: disguised, lest it be found here
    u32 words;
    u64 own_start, own_end; // the memory that we lie in
    bool unknown;           // something on the line is none of these
};

constexpr u32 no_detail = ~0u;

Options parse_options(const char* line);

// A word that may lie in memory without being found by who looks for it there.
inline u64 disguise(u64 word) {
    static const volatile u64 changed = 0x5A5A'0000'1234'5678;
    return word ^ changed;
}

// Each prints what it saw and returns nullptr, or why it failed.
const char* run_trace(const Options& options);
const char* run_nmi(const Options& options);
const char* run_triple(const Options& options);
const char* run_soak(const Options& options);
const char* run_types(const Options& options);
const char* run_scan(const Options& options);
const char* run_far(const Options& options);
const char* run_fuzz(const Options& options);

} // namespace nadir::conformance
