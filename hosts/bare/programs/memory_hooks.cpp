// SPDX-License-Identifier: MIT OR GPL-2.0-only
// For test=memory: hidden pages and watched ones at the same time.
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/hooks.h"
#include "hosts/bare/programs/memory.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

u64 hits(const nadir_session* session) {
    nadir_hook_state state{};
    nadir_hooks_read(session, 0, &state);
    return state.hits;
}

struct Both {
    Playground* code;
    Ground* data;
};

// One hit, two writes that are events, and code that is changed by a copy from watched memory.
NADIR_ABI u32 use_both(void* argument, u32) {
    const Both& both = *static_cast<Both*>(argument);
    if (both.code->call(offset_of_constant) != first_constant || both.code->byte(offset_of_constant) != opcode_of_mov)
        return 1;
    both.data->set_quad(0, 0x77);
    void* target = both.code->at(offset_of_other + 1);
    void* source = both.data->at(0);
    asm volatile("movsl" : "+D"(target), "+S"(source) : : "memory");
    if (both.code->call(offset_of_other) != 0x77)
        return 2;
    both.data->set_quad(0, other_constant);
    target = both.code->at(offset_of_other + 1);
    source = both.data->at(0);
    asm volatile("movsl" : "+D"(target), "+S"(source) : : "memory");
    return both.code->call(offset_of_other) == other_constant ? 0 : 3;
}

const char* use_on_all(nadir_session* session, Both& both, const char* when, bool with_hook, bool with_watch) {
    const u64 hits_before = with_hook ? hits(session) : 0;
    u64 next[maximum_processors] = {};
    for (u32 i = 0; with_watch && i < processor_count(); ++i)
        (void)read_memory_events(session, i, next[i], *both.data, 0);
    for (u32 i = 0; i < processor_count(); ++i)
        if (const u32 wrong = run_on(i, use_both, &both); wrong != 0) {
            print("%s: processor %u, step %u\n", when, i, wrong);
            return "a hidden page isn't what it is without a watch";
        }
    u32 events = 0;
    for (u32 i = 0; with_watch && i < processor_count(); ++i)
        events += read_memory_events(session, i, next[i], *both.data, 0);
    print("together, %s: hits %llu events %u\n", when, with_hook ? hits(session) - hits_before : 0, events);
    return nullptr;
}

} // namespace

const char* watch_beside_hooks(nadir_session* session, Ground& ground) {
    static Playground code;
    if (!code.prepare())
        return "there is no memory for code";
    Both both{&code, &ground};
    nadir_report report{};
    const nadir_hook hook = code.breakpoint(offset_of_constant);
    const nadir_memory_range range{ground.physical(0), ground.physical(7), NADIR_MEMORY_READ | NADIR_MEMORY_WRITE, 0};
    const nadir_memory_range of_code{code.physical(0), code.physical(0), NADIR_MEMORY_WRITE, 0};
    const nadir_hook of_data{ground.physical(0), 0, NADIR_HOOK_BREAKPOINT, 0};
    // The hook first.
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        return "the hook wasn't set";
    const u32 hidden = watch_memory(session, &of_code, 1, report);
    print("refused, hidden: status %u: %s\n", hidden, report.text);
    const char* why = use_on_all(session, both, "only the hook", true, false);
    if (why == nullptr && watch_memory(session, &range, 1, report) != NADIR_OK)
        why = "the watch beside a hook wasn't begun";
    why = why != nullptr ? why : use_on_all(session, both, "hook and then watch", true, true);
    if (why == nullptr && nadir_hooks_end(session, &report) != NADIR_OK)
        why = "the hook wasn't removed";
    // Now only the watch, and then the hook beside it.
    why = why != nullptr ? why : use_on_all(session, both, "only the watch", false, true);
    const u32 watched = nadir_hooks_begin(session, &of_data, 1, &report);
    print("refused, watched: status %u: %s\n", watched, report.text);
    if (why == nullptr && nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        why = "the hook beside a watch wasn't set";
    why = why != nullptr ? why : use_on_all(session, both, "watch and then hook", true, true);
    nadir_view_state state{};
    nadir_views_read(session, &state);
    print("guarded pages %llu in %llu pages\n", state.guarded_pages, state.guard_tables);
    if (why == nullptr && nadir_events_end(session, &report) != NADIR_OK)
        why = "the watch wasn't ended";
    why = why != nullptr ? why : use_on_all(session, both, "the hook alone", true, false);
    if (why == nullptr && nadir_hooks_end(session, &report) != NADIR_OK)
        why = "the hook wasn't removed at the end";
    why = why != nullptr ? why : use_on_all(session, both, "neither", false, false);
    code.give_back();
    return why;
}

} // namespace nadir::bare
