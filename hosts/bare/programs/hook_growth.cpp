// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=hook_growth: what 1 to 10,000 hidden breakpoints cost, spread over 32 MiB of code: to set and remove, in memory, and when one
// of them is hit. In ticks: on an emulated machine with one processor a tick is an instruction.
#include "core/nadir.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u64 code_bytes = u64{32} << 20;
constexpr u32 most_hooks = 10'000;
constexpr u32 sizes[] = {1, 10, 100, 1000, most_hooks};
constexpr u32 calls = 100;

struct Ground {
    u8* code;
    nadir_hook* hooks;

    // A function that returns its own number, at the place of the hook.
    u8* place(u32 number, u32 count) const { return code + (code_bytes / count * number & ~u64{15}); }
    u32 call(u32 number, u32 count) const { return reinterpret_cast<u32 (*)()>(place(number, count))(); }
};

bool prepare(Ground& ground) {
    ground.code = static_cast<u8*>(allocate_uncleared(code_bytes));
    ground.hooks = static_cast<nadir_hook*>(allocate(most_hooks * sizeof(nadir_hook)));
    if (ground.code == nullptr || ground.hooks == nullptr)
        return false;
    constexpr u64 large_page = u64{2} << 20;
    for (u64 at = 0; at < code_bytes + large_page; at += large_page)
        make_executable(reinterpret_cast<u64>(ground.code) + at);
    return true;
}

void write_code(const Ground& ground, u32 count) {
    constexpr u8 mov_to_eax = 0xB8;
    constexpr u8 ret = 0xC3;
    for (u32 i = 0; i < count; ++i) {
        u8* const at = ground.place(i, count);
        at[0] = mov_to_eax;
        __builtin_memcpy(at + 1, &i, sizeof i);
        at[1 + sizeof i] = ret;
        ground.hooks[i] = {physical_address(at), 0, NADIR_HOOK_BREAKPOINT, 0};
    }
}

// Of hooks all over the code, another one each time where there is one.
u32 spread(u32 i, u32 count) { return static_cast<u32>(u64{i} * 7919 % count); }

constexpr u64 wrong = ~u64{0};

// Ticks of `calls` calls; `wrong` when one returned something else.
u64 call_spread(const Ground& ground, u32 count) {
    const u64 start = read_tsc();
    for (u32 i = 0; i < calls; ++i)
        if (ground.call(spread(i, count), count) != spread(i, count))
            return wrong;
    return read_tsc() - start;
}
u64 call_last(const Ground& ground, u32 count) {
    const u64 start = read_tsc();
    for (u32 i = 0; i < calls; ++i)
        if (ground.call(count - 1, count) != count - 1)
            return wrong;
    return read_tsc() - start;
}

u64 hits(const nadir_session* session, u32 count) {
    u64 sum = 0;
    for (u32 i = 0; i < count; ++i) {
        nadir_hook_state state{};
        nadir_hooks_read(session, i, &state);
        sum += state.hits;
    }
    return sum;
}

const char* measure(nadir_session* session, const Ground& ground, u32 count) {
    write_code(ground, count);
    (void)call_spread(ground, count);
    const u64 spread_without = call_spread(ground, count);
    const u64 last_without = call_last(ground, count);
    nadir_report report{};
    const u64 before = read_tsc();
    if (nadir_hooks_begin(session, ground.hooks, count, &report) != NADIR_OK) {
        print("%u hooks: %s\n", count, report.text);
        return "the hooks weren't set";
    }
    const u64 set = read_tsc() - before;
    (void)call_spread(ground, count); // views and step tables warm
    const u64 spread_with = call_spread(ground, count);
    const u64 last_with = call_last(ground, count);
    const u64 counted = hits(session, count);
    nadir_view_state state{};
    nadir_views_read(session, &state);
    const u64 ending = read_tsc();
    if (nadir_hooks_end(session, &report) != NADIR_OK)
        return "the hooks weren't removed";
    const u64 removed = read_tsc() - ending;
    if (spread_without == wrong || spread_with == wrong || last_with == wrong || call_spread(ground, count) == wrong)
        return "a function under a hook returned something else";
    print(
        "@@ hook_growth {\"hooks\": %u, \"hits\": %llu, \"set\": %llu, \"remove\": %llu, \"hit_again\": %llu, \"hit_another\": %llu, "
        "\"hidden_pages\": %llu, \"bytes\": %llu}\n",
        count, counted, set, removed, (last_with - last_without) / calls, (spread_with - spread_without) / calls,
        state.hidden_pages, state.pages_in_use * page_size);
    return counted == 3 * calls ? nullptr : "hits aren't calls";
}

} // namespace

const char* run_hook_growth(const Options& options) {
    const u64 memory_before = bytes_in_use();
    static Ground ground;
    if (!prepare(ground))
        return "there is no memory for so much code: give reserve=128";
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    const char* why = nullptr;
    for (const u32 count : sizes)
        why = why != nullptr ? why : measure(session, ground, count);
    if (stop_nadir(session) != NADIR_OK)
        return "Nadir didn't stop";
    release(ground.code, code_bytes);
    release(ground.hooks, most_hooks * sizeof(nadir_hook));
    return why != nullptr || bytes_in_use() == memory_before ? why : "memory leaked";
}

} // namespace nadir::bare
