// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=triple: a triple fault, which resets the machine, bare and under Nadir.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

const char* run_triple(const Options& options) {
    u32 status = NADIR_OK;
    if (!options.bare && start_nadir(options, status) == nullptr)
        return "Nadir didn't start";
    print("@@ triple fault\n");
    flush_console();
    const TablePointer nothing{0, 0};
    asm volatile("lidt %0; ud2" : : "m"(nothing));
    return "still here after a triple fault";
}

} // namespace nadir::bare
