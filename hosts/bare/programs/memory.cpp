// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=memory: each access to watched bytes is an event, and none beside them; and whoever makes it does what he did without.
#include "hosts/bare/programs/memory.h"

#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/with_nadir.h"

#include <bit>

namespace nadir::bare {

namespace {

constexpr u32 first = 0x808; // watched are four bytes
constexpr u32 last = 0x80B;
constexpr u32 pages_to_search = 200;
constexpr u32 rounds = 500;
constexpr u64 io_apic = 0xFEC0'0000;

u64 length_of(const nadir_event& event) {
    return (event.word[2] & NADIR_EVENT_MEMORY_LENGTH) >> std::countr_zero(NADIR_EVENT_MEMORY_LENGTH);
}

const char* refused(nadir_session* session, const nadir_memory_range& range, u32 expected, const char* what) {
    nadir_report report{};
    const u32 status = watch_memory(session, &range, 1, report);
    print("refused, %s: status %u: %s\n", what, status, report.text);
    return status == expected ? nullptr : "memory was not refused as it should be";
}

const char* refusals(nadir_session* session, const Ground& ground) {
    nadir_report report{};
    const auto page_at = [](u64 address, u64 bytes = page_bytes) {
        return nadir_memory_range{address, address + bytes - 1, NADIR_MEMORY_WRITE, 0};
    };
    const char* why = refused(session, page_at(u64{1} << 51), NADIR_HOOK_NO_MEMORY, "no memory");
    why = why != nullptr ? why : refused(session, page_at(io_apic), NADIR_HOOK_DEVICE, "a device");
    why = why != nullptr
              ? why
              : refused(session, page_at(ground.physical(0), u64{64} << 20), NADIR_MEMORY_TOO_MUCH, "too much");
    if (why != nullptr)
        return why;
    nadir_memory_range wrong = page_at(ground.physical(0));
    wrong.last = wrong.first - 1;
    if (watch_memory(session, &wrong, 1, report) != NADIR_BAD_ARGUMENT)
        return "a range that ends before it begins was accepted";
    wrong = page_at(ground.physical(0));
    wrong.access = 0;
    if (watch_memory(session, &wrong, 1, report) != NADIR_BAD_ARGUMENT)
        return "a range without an access was accepted";
    wrong = {~u64{0} - 10, ~u64{0}, NADIR_MEMORY_WRITE, 0};
    if (watch_memory(session, &wrong, 1, report) != NADIR_BAD_ARGUMENT)
        return "a range beyond all memory was accepted";
    if (watch_memory(session, nullptr, 0, report) != NADIR_BAD_ARGUMENT)
        return "no range at all was accepted";
    for (u64 address = ground.physical(0); address < ground.physical(0) + pages_to_search * page_bytes;
         address += page_bytes) {
        const nadir_memory_range range = page_at(address);
        const u32 status = watch_memory(session, &range, 1, report);
        if (status == NADIR_HOOK_OURS)
            return refused(session, range, NADIR_HOOK_OURS, "our own");
        if (status != NADIR_OK || nadir_events_end(session, &report) != NADIR_OK)
            return "memory that isn't Nadir's was refused";
    }
    return "Nadir's own memory was nowhere refused";
}

// Every way to touch them, and what must come of each, with and without a watch.
NADIR_ABI u32 touch(void* argument, u32 number) {
    const Ground& ground = *static_cast<Ground*>(argument);
    ground.set_quad(first - 8, 0x1111'1111'1111'1111); // beside: the last byte before
    ground.set_byte(last + 1, 0x22);                   // beside: the first behind
    ground.set_quad(first - 4, 0x3333'3333'3333'3333); // into it from below
    ground.set_byte(last, 0x44);
    ground.set_quad(0x100, number); // the same page, far away
    if (ground.read_quad(first) != 0x0000'0022'4433'3333)
        return 1;
    ground.increment(first);
    if (ground.byte(first) != 0x34)
        return 2;
    ground.move_bytes(first - 2, 0x100, 4); // two of them reach it
    u64 popped = 0;
    asm volatile("movq %%rsp, %%rcx\n movq %1, %%rsp\n pushq $5\n movq %%rcx, %%rsp\n movq (%2), %0"
                 : "=r"(popped)
                 : "r"(ground.at(first + 8)), "r"(ground.at(first))
                 : "rcx", "memory");
    if (popped != 5)
        return 3;
    ground.set_quad(page_bytes - 4, 0x5555'5555'5555'5555); // across the end of the page
    if (ground.quad(page_bytes - 4) != 0x5555'5555'5555'5555)
        return 4;
    ground.call(offset_of_code);
    ground.call(offset_of_code + 1);
    ground.set_quad(first, 0);
    return ground.byte(first - 1) == 0 && ground.byte(0x100) == number ? 0 : 5;
}

const char* touch_on_all(Ground& ground) {
    for (u32 i = 0; i < processor_count(); ++i)
        if (const u32 wrong = run_on(i, touch, &ground); wrong != 0) {
            print("processor %u, step %u\n", i, wrong);
            return "memory isn't what it is without a watch";
        }
    return nullptr;
}

// What each processor leaves for one sort of watch.
const char* watched(nadir_session* session, Ground& ground, const nadir_memory_range& range, const char* what) {
    nadir_report report{};
    if (watch_memory(session, &range, 1, report) != NADIR_OK) {
        print("%s\n", report.text);
        return "the watch wasn't begun";
    }
    const char* why = touch_on_all(ground);
    for (u32 i = 0; i < processor_count(); ++i) {
        u64 next = 0;
        if (i == 0)
            print("watched, %s\n", what);
        const u32 count = read_memory_events(session, i, next, ground, i == 0 ? ~0u : 0);
        print("processor %u: %u events, %s\n", i, count, what);
    }
    if (nadir_events_end(session, &report) != NADIR_OK)
        return "the watch wasn't ended";
    return why;
}

const char* every_sort(nadir_session* session, Ground& ground) {
    const auto bytes = [&](u32 from, u32 to, u32 access) {
        return nadir_memory_range{ground.physical(from), ground.physical(to), access, 0};
    };
    const char* why = watched(session, ground, bytes(first, last, NADIR_MEMORY_WRITE), "written");
    why = why != nullptr ? why : watched(session, ground, bytes(first, last, NADIR_MEMORY_READ), "read");
    why = why != nullptr ? why : watched(session, ground, bytes(page_bytes - 4, page_bytes + 3, 3), "across pages");
    return why != nullptr ? why
                          : watched(session, ground,
                                    bytes(offset_of_code + 1, offset_of_code + 1, NADIR_MEMORY_EXECUTE), "executed");
}

u64 violations(const nadir_session* session) {
    static nadir_statistics statistics;
    nadir_get_statistics(session, 0, &statistics);
    return statistics.exits[48];
}

// A processor that goes and comes has the watch again.
NADIR_ABI u32 go_and_come(void* argument, u32 number) {
    const Ground& ground = *static_cast<Ground*>(argument);
    nadir_report report{};
    nadir_leave_processor(ground.session, number);
    ground.set_quad(first, 1); // nobody sees this one
    if (nadir_enter_processor(ground.session, number, &report) != NADIR_OK)
        return 1;
    ground.set_quad(first, 2);
    return 0;
}

NADIR_ABI u32 hammer(void* argument, u32) {
    const Ground& ground = *static_cast<Ground*>(argument);
    for (u32 i = 0; i < rounds; ++i) {
        ground.increment(first);
        ground.increment(last + 1);
    }
    return 0;
}

const char* several(nadir_session* session, Ground& ground) {
    nadir_report report{};
    const nadir_memory_range range{ground.physical(first), ground.physical(last), NADIR_MEMORY_WRITE, 0};
    if (watch_memory(session, &range, 1, report) != NADIR_OK)
        return "the watch wasn't begun";
    const u32 other = processor_count() - 1;
    const u32 wrong = run_on(other, go_and_come, &ground);
    u64 next[maximum_processors] = {};
    print("gone and come: %u, %u events\n", wrong, read_memory_events(session, other, next[other], ground, 0));
    ground.set_quad(first, 0);
    (void)read_memory_events(session, 0, next[0], ground, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        begin_on(i, hammer, &ground);
    hammer(&ground, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        wait_for(i);
    u32 events = 0;
    for (u32 i = 0; i < processor_count(); ++i)
        events += read_memory_events(session, i, next[i], ground, 0);
    const u32 expected = rounds * processor_count();
    const bool right = ground.quad(first) == (u64{expected} << 32 | expected);
    print("hammered: %u writes, %u events, the sum is %s\n", expected, events, right ? "right" : "wrong");
    const u64 before = violations(session);
    for (u32 i = 0; i < rounds; ++i)
        ground.set_byte(last + 1, 0);
    print("violations: %llu of %u writes\n", violations(session) - before, rounds);
    if (nadir_events_end(session, &report) != NADIR_OK)
        return "the watch wasn't ended";
    const u64 without = violations(session);
    hammer(&ground, 0);
    ground.set_quad(first, 0);
    return violations(session) == without ? nullptr : "something exits that didn't before";
}

} // namespace

bool Ground::prepare() {
    page = static_cast<u8*>(allocate(3 * page_bytes));
    if (page == nullptr)
        return false;
    make_executable(reinterpret_cast<u64>(page));
    constexpr u8 nop = 0x90;
    constexpr u8 ret = 0xC3;
    page[offset_of_code] = nop;
    page[offset_of_code + 1] = nop;
    page[offset_of_code + 2] = ret;
    return true;
}

u32 watch_memory(nadir_session* session, const nadir_memory_range* ranges, u32 count, nadir_report& report,
                 u32 more_kinds) {
    static nadir_event_filter filter;
    filter = {};
    filter.kinds = 1u << NADIR_EVENT_MEMORY | more_kinds;
    filter.memory_count = count;
    for (u32 i = 0; i < count; ++i)
        filter.memory[i] = ranges[i];
    return nadir_events_begin(session, &filter, &report);
}

u32 read_memory_events(nadir_session* session, u32 processor, u64& next, const Ground& ground, u32 shown) {
    static nadir_events_read_request request;
    u32 count = 0;
    do {
        request.processor = processor;
        request.next = next;
        nadir_events_read(session, &request);
        for (u32 i = 0; i < request.count && request.events[i].kind == NADIR_EVENT_MEMORY; ++i, ++count) {
            const nadir_event& event = request.events[i];
            const u64 linear = event.word[1] - reinterpret_cast<u64>(ground.page);
            if (count < shown)
                print("event: physical +%llx linear +%llx %s%s%s%llu bytes%s outcome %u\n",
                      event.word[0] - ground.physical(0), linear,
                      (event.word[2] & NADIR_MEMORY_READ) != 0 ? "read " : "",
                      (event.word[2] & NADIR_MEMORY_WRITE) != 0 ? "write " : "",
                      (event.word[2] & NADIR_MEMORY_EXECUTE) != 0 ? "execute " : "", length_of(event),
                      (event.word[2] & NADIR_EVENT_MEMORY_EXACT) != 0 ? "" : " at most", event.outcome);
        }
        next = request.next;
    } while (request.count != 0);
    return count;
}

const char* run_memory(const Options& options) {
    static Ground ground;
    return with_nadir_on(ground, options, [&options](nadir_session* session, Ground& data) {
        const char* why = touch_on_all(data);
        const nadir_memory_range range{data.physical(0), data.physical(0), NADIR_MEMORY_WRITE, 0};
        if (options.core.hook_pages == 0) {
            why = why != nullptr ? why : refused(session, range, NADIR_HOOKS_NOT_ASKED_FOR, "not asked for");
        } else {
            why = why != nullptr ? why : refusals(session, data);
            constexpr const char* (*parts[])(nadir_session*, Ground&) = {every_sort, several, watch_beside_hooks,
                                                                         several};
            for (const auto part : parts)
                why = why != nullptr ? why : part(session, data);
        }
        return why != nullptr ? why : touch_on_all(data);
    });
}

} // namespace nadir::bare
