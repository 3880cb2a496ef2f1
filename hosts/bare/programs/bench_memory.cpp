// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What watched and protected memory costs, for test=bench: in ticks, as there.
#include "hosts/bare/programs/bench_memory.h"

#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/programs/memory.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 pages_for_views = 16;
constexpr u32 watched = 0x100;
constexpr u32 beside = 0x800;
constexpr u32 all_protected = page_bytes; // the second page

u64 write(const Ground& ground, u32 offset, u32 rounds) {
    ground.set_quad(offset, 0); // tables and caches warm
    const u64 start = read_tsc();
    for (u32 i = 0; i < rounds; ++i) {
        ground.set_quad(offset, i);
        asm volatile("" : : "r"(i) : "memory");
    }
    return read_tsc() - start;
}

u64 exits(const nadir_session* session) {
    static nadir_statistics statistics;
    nadir_get_statistics(session, 0, &statistics);
    return statistics.exits_total;
}

} // namespace

const char* measure_memory(const Options& options, MemoryCosts& costs) {
    Options with_views = options;
    with_views.core.hook_pages = pages_for_views;
    static Ground ground;
    if (!ground.prepare())
        return "there is no memory";
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(with_views, status);
    if (session == nullptr)
        return "Nadir didn't start with memory for guards";
    const u64 without = write(ground, beside, options.cycles);
    nadir_report report{};
    const nadir_memory_range range{ground.physical(watched), ground.physical(watched + 7), NADIR_MEMORY_WRITE, 0};
    if (watch_memory(session, &range, 1, report) != NADIR_OK)
        return "the memory wasn't watched";
    nadir_view_state state{};
    nadir_views_read(session, &state);
    const auto each = [&](u64 ticks) { return (ticks - without) / options.cycles; };
    costs.bytes = state.guard_tables * page_bytes;
    costs.beside = each(write(ground, beside, options.cycles));
    const u64 before = exits(session);
    costs.watched = each(write(ground, watched, options.cycles));
    costs.exits = (exits(session) - before) / (options.cycles + 1); // less the question and the round before
    static nadir_rules_request request;
    request.operation = NADIR_RULES_ADD;
    request.rule.kind = NADIR_RULE_PROTECT;
    request.rule.keep = ground.physical(all_protected);
    request.rule.set = request.rule.keep + page_bytes - 1;
    if (nadir_change_rules(session, &request) != NADIR_OK)
        return "the memory wasn't protected";
    costs.ignored = each(write(ground, all_protected, options.cycles));
    if (nadir_events_end(session, &report) != NADIR_OK || stop_nadir(session) != NADIR_OK)
        return "Nadir with watched memory didn't stop";
    ground.give_back();
    return nullptr;
}

} // namespace nadir::bare
