// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Text on COM1 and the end of a run.
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

// printf's %s %c %d %u %x %llu %llx %p with '0', '-' and a width. Whole calls don't mix, whichever processor makes them.
[[gnu::format(printf, 1, 2)]] void print(const char* format, ...);
[[gnu::format(printf, 3, 4)]] void format_text(char* to, usize capacity, const char* format, ...);

void format_arguments(char* to, usize capacity, const char* format, __builtin_va_list arguments);

// Waits until the last character has left.
void flush_console();

// The last line of every run, "@@ result ok" or "@@ result fail: <why>"; then the machine is switched off.
[[noreturn]] void finish(bool ok, const char* why = "");

} // namespace nadir::bare
