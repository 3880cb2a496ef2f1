// SPDX-License-Identifier: MIT OR GPL-2.0-only
// triple: a triple fault, which resets the machine.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

const char* run_triple(const Options&) {
    print("@@ triple fault\n");
    flush_console();
    const TablePointer nothing{0, 0};
    asm volatile("lidt %0; ud2" : : "m"(nothing));
    return "still here after a triple fault";
}

} // namespace nadir::conformance
