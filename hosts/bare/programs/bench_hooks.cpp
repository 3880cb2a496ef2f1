// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What hidden pages cost, for test=bench: in ticks, as there.
#include "hosts/bare/programs/bench_hooks.h"

#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/programs/hooks.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 pages_for_views = 16;

template <typename Body>
u64 loop(u32 rounds, Body body) {
    body(); // tables and caches warm
    const u64 start = read_tsc();
    for (u32 i = 0; i < rounds; ++i) {
        body();
        asm volatile("" : : "r"(i) : "memory");
    }
    return read_tsc() - start;
}

struct Ticks {
    u64 call_and_read, write, hooked_call, plain_call;
};

Ticks measure(const Playground& ground, u32 rounds) {
    return {loop(rounds,
                 [&] {
                     ground.call(offset_of_constant);
                     (void)ground.byte(offset_of_constant);
                 }),
            loop(rounds, [&] { ground.set_constant(first_constant); }),
            loop(rounds, [&] { ground.call(offset_of_other); }),
            loop(rounds, [&] { ground.call(offset_of_constant); })};
}

} // namespace

const char* measure_hooks(const Options& options, HookCosts& costs) {
    Options with_views = options;
    with_views.core.hook_pages = pages_for_views;
    static Playground ground;
    if (!ground.prepare())
        return "there is no memory for code";
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(with_views, status);
    if (session == nullptr)
        return "Nadir didn't start with memory for hidden pages";
    const Ticks without = measure(ground, options.cycles);
    nadir_report report{};
    const nadir_hook hook = ground.breakpoint(offset_of_other);
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        return "the hook wasn't set";
    const Ticks with = measure(ground, options.cycles);
    nadir_view_state state{};
    nadir_views_read(session, &state);
    if (nadir_hooks_end(session, &report) != NADIR_OK || stop_nadir(session) != NADIR_OK)
        return "Nadir with a hook didn't stop";
    ground.give_back();
    const auto each = [&](u64 ticks, u64 ticks_without, u64 exits) {
        return (ticks - ticks_without) / (exits * options.cycles);
    };
    costs = {each(with.call_and_read, without.call_and_read, 2), each(with.write, without.write, 1),
             each(with.hooked_call, without.hooked_call, 1), with.plain_call - without.plain_call,
             state.pages_in_use * page_size};
    return nullptr;
}

} // namespace nadir::bare
