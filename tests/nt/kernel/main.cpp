// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From the boot loader to a scenario that runs in a thread of this kernel's.
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/machine/text.h"
#include "tests/nt/image/driver.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/scenarios/scenarios.h"

namespace nadir::nt {

namespace {

Options options;

void run_scenario(void* argument) {
    const char* why = static_cast<const Scenario*>(argument)->run(options);
    bare::finish(why == nullptr, why != nullptr ? why : "");
}

} // namespace

extern "C" [[noreturn]] void bare_main(const bare::Handover* handover) {
    bare::use_memory(*handover);
    bare::start_first_processor();
    // The 8259s would deliver the timer's interrupts on exception vectors.
    bare::out8(0x21, 0xFF);
    bare::out8(0xA1, 0xFF);
    if (!parse_options(handover->command_line, options))
        bare::finish(false, "the command line is wrong; tests/nt/README.md lists its words");
    const Scenario* scenario = find_scenario(options.test);
    if (options.list || scenario == nullptr) {
        for (const Scenario& each : scenarios())
            bare::print("test=%s: %s\n", each.name, each.what);
        if (!options.list)
            bare::print("no scenario is named \"%s\"\n", options.test);
        bare::finish(options.list, "the command line is wrong: give one of these");
    }
    if (handover->module_count != 1)
        bare::finish(false, "give the driver as the only module");
    bare::start_processors(0);
    if (options.held >= bare::processor_count())
        bare::finish(false, "held= leaves no processor to start with");
    prepare_memory(*handover);
    set_driver_file(handover->modules[0].start, handover->modules[0].end - handover->modules[0].start);
    bare::print("@@ scenario %s on %u processors, %u of them started later\n", scenario->name, bare::processor_count(),
                options.held);
    start_cpus(options.held, options.group, run_scenario, const_cast<Scenario*>(scenario));
}

} // namespace nadir::nt
