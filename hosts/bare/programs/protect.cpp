// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=protect: writes to protected memory don't happen or are refused, and nothing else changes.
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/memory.h"
#include "hosts/bare/programs/with_nadir.h"

namespace nadir::bare {

namespace {

constexpr u32 first = 0x808;
constexpr u32 last = 0x80F;
constexpr u32 second = page_bytes + 0x400; // refused, not ignored
constexpr u32 rounds = 500;

nadir_rules_request request;

u32 change(nadir_session* session, u32 operation, const nadir_rule& rule = {}) {
    request = {};
    request.operation = operation;
    request.rule = rule;
    return nadir_change_rules(session, &request);
}

nadir_rule protection(u64 from, u64 to, u32 action) {
    nadir_rule rule{};
    rule.kind = NADIR_RULE_PROTECT;
    rule.action = action;
    rule.keep = from;
    rule.set = to;
    return rule;
}

// With 1 the rules hold, with 0 there are none.
u32 touch(const Ground& ground, bool ruled) {
    ground.set_quad(first - 8, 0); // beside it, on the same page
    ground.set_quad(last + 1, 0);
    ground.set_quad(first, 0x1111'1111'1111'1111);
    if ((ground.quad(first) == 0) != ruled)
        return 1;
    // Across both ends: what lies beside is written.
    ground.set_quad(first - 4, 0x2222'2222'2222'2222);
    if (ground.quad(first - 8) >> 32 != 0x2222'2222 || ((ground.quad(first) & 0xFFFF'FFFF) == 0x2222'2222) == ruled)
        return 2;
    ground.set_quad(last - 3, 0x3333'3333'3333'3333);
    if ((ground.quad(last + 1) & 0xFFFF'FFFF) != 0x3333'3333 || (ground.quad(first) >> 32 == 0x3333'3333) == ruled)
        return 3;
    // All of the instruction but its write happens: the old value is given, the flags and the registers change.
    u64 value = 7;
    asm volatile("lock xaddq %0, (%1)" : "+r"(value) : "r"(ground.at(first)) : "memory");
    if (ruled ? value != 0 : value == 7)
        return 4;
    u64 count = 16;
    void* target = ground.at(first - 4);
    asm volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(0x44) : "memory");
    if (count != 0 || target != ground.at(first + 12) || ground.byte(first - 1) != 0x44 ||
        ground.byte(last + 1) != 0x44 || (ground.byte(first) == 0) != ruled)
        return 5;
    FaultGuard guard;
    constexpr u32 general_protection = 13;
    const u32 vector = guarded(
        guard, [](void* at) { *static_cast<volatile u64*>(at) = 5; }, ground.at(second));
    if (vector != (ruled ? general_protection : no_fault) || (ground.quad(second) == 0) != ruled ||
        (ruled && guard.error_code != 0))
        return 6;
    ground.set_quad(second + 8, 5);
    if (ground.quad(second + 8) != 5)
        return 7;
    if (!ruled) {
        ground.set_quad(first, 0);
        ground.set_quad(second, 0);
    }
    return 0;
}

NADIR_ABI u32 touch_ruled(void* ground, u32) { return touch(*static_cast<Ground*>(ground), true); }
NADIR_ABI u32 touch_free(void* ground, u32) { return touch(*static_cast<Ground*>(ground), false); }

// An exception whose frame is pushed where nothing may be written: it arrives, and what was pushed is lost with the page's copy; so
// the handler may not need it. Beside the protected bytes the frame is whole.
NADIR_ABI u32 fault_beside(void* argument, u32) {
    const Ground& ground = *static_cast<Ground*>(argument);
    FaultGuard guard;
    u32 vector = 0;
    const auto on_stack = [](void* stack) {
        asm volatile("movq %%rsp, %%rcx\n movq %0, %%rsp\n ud2" : : "r"(stack) : "rcx", "memory");
    };
    constexpr u32 invalid_opcode = 6;
    vector = guarded(guard, on_stack, ground.at(first - 0x40));
    return vector == invalid_opcode ? 0 : vector + 1;
}

const char* all(Ground& ground, nadir_procedure procedure, const char* when) {
    for (u32 i = 0; i < processor_count(); ++i)
        if (const u32 wrong = run_on(i, procedure, &ground); wrong != 0) {
            print("%s: processor %u, step %u\n", when, i, wrong);
            return "a write did not end as it should";
        }
    return nullptr;
}

NADIR_ABI u32 beside(void* argument, u32) {
    const Ground& ground = *static_cast<Ground*>(argument);
    for (u32 i = 0; i < rounds; ++i)
        ground.increment(last + 1);
    return 0;
}
NADIR_ABI u32 ignored(void* argument, u32) {
    const Ground& ground = *static_cast<Ground*>(argument);
    for (u32 i = 0; i < rounds; ++i)
        ground.increment(first);
    return 0;
}

// While one writes beside the protected bytes others are ignored in the same page: nothing of the former is lost.
const char* race(Ground& ground) {
    ground.set_quad(last + 1, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        begin_on(i, ignored, &ground);
    beside(&ground, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        wait_for(i);
    print("race: %llu of %u, protected %llx\n", ground.quad(last + 1), rounds, ground.quad(first));
    return ground.quad(last + 1) == rounds && ground.quad(first) == 0 ? nullptr : "a write was lost, or came through";
}

const char* rules(nadir_session* session, Ground& ground) {
    nadir_report report{};
    if (change(session, NADIR_RULES_ADD, protection(1, 0, NADIR_ACTION_IGNORE)) != NADIR_BAD_ARGUMENT ||
        change(session, NADIR_RULES_ADD, protection(0, u64{1} << 52, NADIR_ACTION_IGNORE)) != NADIR_BAD_ARGUMENT)
        return "a range that isn't one was accepted";
    if (change(session, NADIR_RULES_ADD, protection(0xFEC0'0000, 0xFEC0'0000, NADIR_ACTION_IGNORE)) !=
        NADIR_HOOK_DEVICE)
        return "a device was protected";
    print("refused: %s\n", request.report.text);
    if (request.count != 0)
        return "a rule that was refused is there";
    if (change(session, NADIR_RULES_ADD,
               protection(ground.physical(first), ground.physical(last), NADIR_ACTION_IGNORE)) != NADIR_OK ||
        change(session, NADIR_RULES_ADD,
               protection(ground.physical(second), ground.physical(second + 7), NADIR_ACTION_REFUSE)) != NADIR_OK) {
        print("%s\n", request.report.text);
        return "the rules weren't given";
    }
    const nadir_memory_range range{ground.physical(first), ground.physical(first), NADIR_MEMORY_WRITE, 0};
    if (watch_memory(session, &range, 1, report, 1u << NADIR_EVENT_RULE) != NADIR_OK)
        return "the events weren't begun";
    const char* why = all(ground, touch_ruled, "ruled");
    why = why != nullptr ? why : all(ground, fault_beside, "a stack beside");
    static nadir_events_read_request events;
    events.processor = processor_count() - 1;
    events.next = 0;
    nadir_events_read(session, &events);
    for (u32 i = 0; i < events.count; ++i) {
        const nadir_event& event = events.events[i];
        const bool rule = event.kind == NADIR_EVENT_RULE;
        print("event: %s %llu at +%llx outcome %u\n", rule ? "rule" : "memory", rule ? event.word[0] : 0,
              (rule ? event.word[1] : event.word[0]) - ground.physical(0), event.outcome);
    }
    if (nadir_events_end(session, &report) != NADIR_OK)
        return "the events weren't ended";
    why = why != nullptr ? why : all(ground, touch_ruled, "ruled without events");
    change(session, NADIR_RULES_LIST);
    for (u32 i = 0; i < request.count; ++i)
        print("rule %u: answered %llu\n", request.rules[i].number, request.rules[i].answered);
    why = why != nullptr ? why : race(ground);
    if (change(session, NADIR_RULES_CLEAR) != NADIR_OK)
        return "the rules weren't removed";
    return why != nullptr ? why : all(ground, touch_free, "without rules");
}

} // namespace

const char* run_protect(const Options& options) {
    static Ground ground;
    return with_nadir_on(ground, options, [](nadir_session* session, Ground& data) {
        const char* why = all(data, touch_free, "before");
        return why != nullptr ? why : rules(session, data);
    });
}

} // namespace nadir::bare
