// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The bare host: all processors up, Nadir under them, then a guest from the command line or from GRUB's modules.
#include "hosts/bare/guest/guest.h"
#include "hosts/bare/handover.h"
#include "hosts/bare/host.h"
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/options.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

Options options;

// A test aid: what another hypervisor would have done before us.
NADIR_ABI u32 set_vmxe(void*, u32) {
    write_cr4(read_cr4() | cr4_vmxe);
    return 0;
}

[[noreturn]] void run_program() {
    const Program program = find_program(options.test);
    if (program == nullptr)
        finish(false, "no test program of that name");
    // The 8259s would deliver the timer's interrupts on exception vectors once a program enables interrupts.
    out8(0x21, 0xFF);
    out8(0xA1, 0xFF);
    print("@@ test %s on %u processors%s\n", options.test, processor_count(), options.bare ? ", bare" : "");
    const char* why = program(options);
    finish(why == nullptr, why != nullptr ? why : "");
}

[[noreturn]] void run_guest(const Handover& handover) {
    static MemoryMap map;
    map.read(handover);
    answer_for_the_bios(handover, map);
    GuestEntry entry{};
    const char* why = "the first module is neither a Multiboot kernel nor a Linux bzImage";
    if (is_linux(handover))
        why = load_linux(handover, map, entry);
    else if (is_multiboot(handover))
        why = load_multiboot(handover, map, entry);
    if (why != nullptr) {
        print("nadir: the guest can't be loaded: %s\n", why);
        finish(false, "guest not loaded");
    }
    nadir_session* session = nullptr;
    if (!options.bare) {
        session = start_under_guest(options.core, map.low_end());
        if (session == nullptr)
            finish(false, "Nadir didn't start");
        if ((options.events != 0 || options.watched_count != 0) && !watch_guest(session, options))
            finish(false, "the events weren't begun");
        if (options.hook_count != 0 && !hook_guest(session, options.hooks, options.hook_count))
            finish(false, "the hooks weren't set");
    }
    print("nadir: entering the guest%s\n", options.bare ? ", bare" : "");
    enter_guest(session, entry);
}

} // namespace

extern "C" [[noreturn]] void bare_main(const Handover* handover) {
    use_memory(*handover);
    start_first_processor();
    const bool understood = parse_options(handover->command_line, options);
    set_print_level(options.core.log_level);
    if (options.dirty)
        soil_free_memory();
    start_processors(options.processors);
    u32 running = 0;
    for (u32 i = 0; i < processor_count(); ++i)
        running += processor(i).running;
    print("nadir: bare host, %u of %u processors, memory %llx to %llx\n", running, processor_count(),
          handover->region_start, handover->region_end);
    if (!understood)
        finish(false, "the command line is wrong; hosts/bare/README.md lists its words");
    for (u32 i = 0; options.set_vmxe && i < processor_count(); ++i)
        run_on(i, set_vmxe, nullptr);
    if (options.test[0] != 0)
        run_program();
    if (handover->module_count != 0)
        run_guest(*handover);
    finish(false, "nothing to do: give test=NAME or a module");
}

} // namespace nadir::bare
