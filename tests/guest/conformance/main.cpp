// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/handover.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/machine/text.h"
#include "tests/guest/conformance/conformance.h"

namespace nadir::conformance {

namespace {

struct Part {
    const char* name;
    const char* (*run)(const Options& options);
};

constexpr Part parts[] = {
    {"trace", run_trace}, {"nmi", run_nmi},   {"triple", run_triple}, {"soak", run_soak},
    {"types", run_types}, {"scan", run_scan}, {"far", run_far},       {"fuzz", run_fuzz},
};

const Part* find(const char* name) {
    for (const Part& part : parts)
        if (same_text(part.name, name))
            return &part;
    return nullptr;
}

} // namespace

extern "C" [[noreturn]] void bare_main(const Handover* handover) {
    use_memory(*handover);
    start_first_processor();
    start_processors(0);
    // The 8259s would deliver the timer's interrupts on exception vectors once a part enables interrupts.
    out8(0x21, 0xFF);
    out8(0xA1, 0xFF);
    print("image at %llx\n", handover->image); // for a test that hooks it
    Options options = parse_options(handover->command_line);
    options.own_start = handover->region_start;
    options.own_end = handover->region_end;
    if (handover->module_count != 0) {
        options.script = reinterpret_cast<const char*>(handover->modules[0].start);
        options.script_bytes = handover->modules[0].end - handover->modules[0].start;
    }
    const Part* part = find(options.part);
    if (part == nullptr || options.unknown) {
        print("The parts:");
        for (const Part& known : parts)
            print(" %s", known.name);
        print("\n");
        finish(false, "give a part and, where it takes them, seed=, first=, count=, block=, detail=, top=, find=");
    }
    print("@@ part %s on %u processors\n", part->name, processor_count());
    const char* why = part->run(options);
    finish(why == nullptr, why != nullptr ? why : "");
}

} // namespace nadir::conformance
