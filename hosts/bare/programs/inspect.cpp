// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=inspect: what Nadir says of its EPT, entry by entry: for RAM, a device, Nadir's own memory, and what isn't mapped yet; in the
// tables of all and, with hook_pages, in both views. At the end a witness may look at the tables themselves.
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/hooks.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u64 io_apic = 0xFEC0'0000;
constexpr u64 far_away = 0x80'0000'3000; // behind the first 512 GiB: mapped when it is touched, and nobody does
constexpr u64 no_address = u64{1} << 51;
constexpr u32 pages_to_search = 200;

nadir_memory_ept_request request;

u32 ask(const nadir_session* session, u64 address, u32 tables, u32 processor) {
    request = {};
    request.address = address;
    request.tables = tables;
    request.processor = processor;
    return nadir_memory_ept(session, &request);
}

void show(const nadir_session* session, const char* what, u64 address, u32 tables = NADIR_EPT_IN_USE,
          u32 processor = NADIR_ANY_PROCESSOR) {
    if (const u32 status = ask(session, address, tables, processor); status != NADIR_OK) {
        print("refused, %s: status %u: %s\n", what, status, request.report.text);
        return;
    }
    const nadir_ept_walk& walk = request.walk;
    print("walk of %s: address %llx processor %u tables %u eptp %llx flags %u entries", what, address, walk.processor,
          walk.tables, walk.eptp, walk.flags);
    for (u32 i = 0; i < walk.count; ++i)
        print(" %llx", walk.entries[i]);
    print("\n");
}

// Nadir's memory was allocated behind the code.
u64 find_our_own(const nadir_session* session, u64 from) {
    for (u64 address = from; address < from + pages_to_search * page_size; address += page_size)
        if (ask(session, address, NADIR_EPT_IN_USE, NADIR_ANY_PROCESSOR) == NADIR_OK &&
            (request.walk.flags & NADIR_EPT_IS_OURS) != 0)
            return address;
    return 0;
}

const char* look_at_views(nadir_session* session, const Playground& ground) {
    const nadir_hook hook = ground.breakpoint(offset_of_constant);
    nadir_report report{};
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK) {
        print("%s\n", report.text);
        return "the hook wasn't set";
    }
    for (u32 i = 0; i < processor_count(); ++i)
        show(session, "hooked code", hook.address, NADIR_EPT_IN_USE, i);
    show(session, "hooked code", hook.address, NADIR_EPT_OF_ALL);
    show(session, "hooked code", hook.address, NADIR_EPT_READING);
    show(session, "hooked code", hook.address, NADIR_EPT_EXECUTING);
    magic_break();
    return nadir_hooks_end(session, &report) == NADIR_OK ? nullptr : "the hook wasn't removed";
}

} // namespace

const char* run_inspect(const Options& options) {
    Playground ground{};
    if (!ground.prepare())
        return "no memory";
    u32 status = 0;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir did not start";
    for (u32 i = 0; i < processor_count(); ++i)
        show(session, "memory", ground.physical(0), NADIR_EPT_IN_USE, i);
    show(session, "a device", io_apic);
    show(session, "our own", find_our_own(session, ground.physical(0)));
    show(session, "far memory", far_away);
    show(session, "no address", no_address);
    show(session, "no view", ground.physical(0), NADIR_EPT_READING);
    show(session, "no tables of its own", ground.physical(0), NADIR_EPT_OWN);
    show(session, "unknown tables", ground.physical(0), NADIR_EPT_TABLES);
    show(session, "no processor", ground.physical(0), NADIR_EPT_IN_USE, processor_count());
    const char* why = nullptr;
    if (options.core.hook_pages != 0)
        why = look_at_views(session, ground);
    const bool stopped = stop_nadir(session) == NADIR_OK;
    ground.give_back();
    return why != nullptr || stopped ? why : "Nadir did not stop";
}

} // namespace nadir::bare
