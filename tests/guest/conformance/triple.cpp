// SPDX-License-Identifier: MIT OR GPL-2.0-only
// triple: a triple fault of one processor while the others exit all the time. It resets the machine.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/exits.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

namespace {

void keep_exiting(u32 number) {
    Random random{number};
    for (u32 i = 0; i < 100; ++i)
        something_that_exits(random);
}

} // namespace

const char* run_triple(const Options&) {
    for (u32 i = 1; i < processor_count(); ++i)
        meanwhile(i, keep_exiting);
    print("@@ triple fault\n");
    flush_console();
    const TablePointer nothing{0, 0};
    asm volatile("lidt %0; ud2" : : "m"(nothing));
    return "still here after a triple fault";
}

} // namespace nadir::conformance
