// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A rule of Windows' that the driver has broken: the run ends with a line that names it.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

// The rules, as a test names them; README.md explains each.
namespace rule {
constexpr const char* access = "access";         // a page that isn't there, or not for that
constexpr const char* affinity = "affinity";     // not handed back, or wrongly asked for
constexpr const char* difference = "difference"; // a processor's state, before and after
constexpr const char* exception = "exception";
constexpr const char* image = "image"; // what the loader refuses
constexpr const char* import = "import";
constexpr const char* init = "init"; // code that was discarded
constexpr const char* irp = "irp";
constexpr const char* irql = "irql";
constexpr const char* leak = "leak";
constexpr const char* object = "object";       // handles, callbacks, events, names
constexpr const char* paged = "paged";         // pageable code or data at DISPATCH_LEVEL or with interrupts off
constexpr const char* pool = "pool";           // type, tag, size, freed twice
constexpr const char* registers = "registers"; // that a function must preserve, vector and x87 registers among them
constexpr const char* request = "request";     // a request answered wrongly
constexpr const char* security = "security";
constexpr const char* stack = "stack";
constexpr const char* state = "state"; // selectors, tables, GS base, interrupt flag
} // namespace rule

// printf's format as in hosts/bare/machine/print.h.
[[noreturn, gnu::format(printf, 3, 4)]] void violation(const char* rule, u64 address, const char* format, ...);

// "nadir.sys+1234" for an address in the driver, "this kernel" for one elsewhere; 0 gives nothing.
void describe_address(char (&text)[64], u64 address);

} // namespace nadir::nt
