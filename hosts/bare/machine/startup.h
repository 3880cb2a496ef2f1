// SPDX-License-Identifier: MIT OR GPL-2.0-only
// How other processors begin: from a start-up IPI to a procedure of ours in long mode.
#pragma once

#include "hosts/bare/machine/processor.h"

namespace nadir::bare {

// Runs on the started processor with its own stack and nothing else yet: no descriptor tables, no GS base.
using StartedProcedure = void (*)(Processor* self, u32 vector);

// Until the next call, start-up IPIs with startup_vector make that processor run `procedure`. Overwrites a page of low
// memory, which `restore_startup_page` puts back.
constexpr u32 startup_vector = 8;
void prepare_startup(StartedProcedure procedure);
void restore_startup_page();

// So do those with any vector whose page is below `end`. Overwrites a few bytes at the beginning of each of these pages.
void prepare_startup_everywhere(StartedProcedure procedure, u64 end);

// Where a processor with this APIC number finds itself and its stack.
void set_start_place(u32 apic_id, Processor* self);

} // namespace nadir::bare
