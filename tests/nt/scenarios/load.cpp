// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/print.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/kernel/memory.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

const char* run_load(const Options& options) {
    for (u32 i = 0; i < options.rounds; ++i) {
        if (const Status status = load_driver(); !succeeded(status))
            return "DriverEntry failed";
        bare::print("loaded\n");
        unload_driver();
    }
    return nullptr;
}

} // namespace nadir::nt
