// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=together: events with registers, rules and hooks at once, on the same instructions; each comes and goes, and the others don't
// notice.
#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/hooks.h"
#include "hosts/bare/programs/programs.h"
#include "hosts/bare/programs/read_events.h"

namespace nadir::bare {

namespace {

constexpr u32 leaf = 0x8000'0000;
constexpr u32 secret = 0x1234;
constexpr u64 cr4_tsd = 1u << 2;
constexpr u64 first_argument = 0xD1;
constexpr u64 second_argument = 0x51;

constexpr nadir_rule rules[] = {{NADIR_RULE_CPUID, leaf, 0, 1, NADIR_CPUID_EBX, 0, 0, secret},
                                {NADIR_RULE_PIN, 4, 0, 0, 0, NADIR_ACTION_IGNORE, 0, cr4_tsd}};

constexpr nadir_event_filter everything{1u << NADIR_EVENT_CPUID | 1u << NADIR_EVENT_CONTROL_REGISTER |
                                            1u << NADIR_EVENT_IO | 1u << NADIR_EVENT_EXCEPTION |
                                            1u << NADIR_EVENT_HOOK | 1u << NADIR_EVENT_RULE,
                                        4,
                                        {{NADIR_RANGE_CPUID_LEAF, leaf, leaf},
                                         {NADIR_RANGE_CONTROL_REGISTER, 4, 4},
                                         {NADIR_RANGE_IO_PORT, 0x80, 0x80},
                                         {NADIR_RANGE_EXCEPTION, 3, 3}},
                                        NADIR_EVENT_OPTION_REGISTERS,
                                        0,
                                        {}};

nadir_report report;

struct Sight {
    const Playground* ground;
    u32 ebx;       // of CPUID
    u64 clear;     // what is seen of CR4.TSD when it has been cleared
    u32 constant;  // what the hooked function returned
    u32 vector;    // of the system's own INT3, on the page of the hooks
    bool original; // a reader of the page sees what was there
};

NADIR_ABI u32 work(void* argument, u32) {
    Sight& sight = *static_cast<Sight*>(argument);
    const Playground& ground = *sight.ground;
    // First, for a step behind it would put right what the end of something else left wrong.
    FaultGuard guard;
    sight.vector = guarded(
        guard, [](void* at) { reinterpret_cast<void (*)()>(at)(); }, ground.at(offset_of_int3));
    sight.ebx = cpuid(leaf).ebx;
    write_cr4(read_cr4() | cr4_tsd);
    write_cr4(read_cr4() & ~cr4_tsd);
    sight.clear = read_cr4() & cr4_tsd;
    asm volatile("call *%1"
                 : "=a"(sight.constant)
                 : "r"(ground.at(offset_of_constant)), "D"(first_argument), "S"(second_argument)
                 : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc");
    out8(0x80, 0x12);
    sight.original = ground.byte(offset_of_constant) == opcode_of_mov && ground.sum() == ground.expected_sum;
    return 0;
}

// Each event, and the registers of its instruction that tell whose they are.
const char* print_events(const nadir_session* session, u32 number, ReadEvents& seen) {
    constexpr u32 records = 1 + NADIR_EVENT_REGISTER_PARTS;
    nadir_event_registers part[NADIR_EVENT_REGISTER_PARTS];
    nadir_event event{};
    while (const nadir_events_read_request* some = next_events(session, number, seen))
        for (u32 i = 0; i < some->count; ++i) {
            const nadir_event& record = some->events[i];
            const u32 place = (record.sequence - 1) % records;
            if ((record.kind == NADIR_EVENT_REGISTERS) != (place != 0))
                return "a record is not where it belongs";
            if (place == 0)
                event = record;
            else
                __builtin_memcpy(&part[place - 1], &record, sizeof record);
            if (place == NADIR_EVENT_REGISTER_PARTS)
                print("event of processor %u: kind %u words %llx %llx %llx outcome %u rax %llx rdi %llx rsi %llx\n",
                      number, event.kind, event.word[0], event.word[1], event.word[2], event.outcome, part[0].value[0],
                      part[1].value[1], part[1].value[0]);
        }
    return seen.why;
}

struct Watcher {
    nadir_session* session;
    Playground ground;
    ReadEvents seen[maximum_processors];

    bool rule(u32 operation, const nadir_rule& what = {}) const {
        static nadir_rules_request request;
        request = {};
        request.operation = operation;
        request.rule = what;
        return nadir_change_rules(session, &request) == NADIR_OK;
    }
    bool begin_rules() const { return rule(NADIR_RULES_ADD, rules[0]) && rule(NADIR_RULES_ADD, rules[1]); }
    bool end_rules() const { return rule(NADIR_RULES_CLEAR); }
    u32 begin_hooks() const {
        const nadir_hook hook = ground.breakpoint(offset_of_constant);
        return nadir_hooks_begin(session, &hook, 1, &report);
    }
    bool end_hooks() const { return nadir_hooks_end(session, &report) == NADIR_OK; }
    u32 begin_events() {
        const u32 status = nadir_events_begin(session, &everything, &report);
        for (ReadEvents& one : seen)
            one = status == NADIR_OK ? ReadEvents{} : one;
        return status;
    }
    bool end_events() const { return nadir_events_end(session, &report) == NADIR_OK; }

    // What all processors see and what is seen of them.
    const char* phase(const char* name, bool watched) {
        for (u32 i = 0; i < processor_count(); ++i) {
            Sight sight{&ground, 0, 0, 0, 0, false};
            run_on(i, work, &sight);
            print("%s, processor %u: ebx %s tsd %llx constant %s vector %u page %s\n", name, i,
                  sight.ebx == secret ? "ruled" : "own", sight.clear,
                  sight.constant == first_constant ? "right" : "wrong", sight.vector,
                  sight.original ? "right" : "wrong");
            if (const char* why = watched ? print_events(session, i, seen[i]) : nullptr; why != nullptr)
                return why;
        }
        nadir_hook_state hook{};
        if (nadir_hooks_read(session, 0, &hook) == NADIR_OK)
            print("%s: hits %llu\n", name, hook.hits);
        return nullptr;
    }
};

const char* all_of_it(Watcher& watcher) {
    if (!watcher.begin_rules() || watcher.begin_hooks() != NADIR_OK || watcher.begin_events() != NADIR_OK)
        return "rules, hooks and events don't go together";
    if (watcher.begin_events() != NADIR_BUSY)
        return "a second one got the events, too";
    print("second: %s\n", report.text);
    if (watcher.begin_hooks() != NADIR_BUSY)
        return "a second one set hooks, too";
    print("second: %s\n", report.text);
    const char* why = watcher.phase("all", true);
    if (why != nullptr || !watcher.end_hooks())
        return why != nullptr ? why : "the hooks didn't end";
    why = watcher.phase("without hooks", true);
    if (why != nullptr || !watcher.end_rules() || watcher.begin_hooks() != NADIR_OK)
        return why != nullptr ? why : "the rules didn't end, or hooks didn't begin again";
    why = watcher.phase("without rules", true);
    if (why != nullptr || !watcher.end_events())
        return why != nullptr ? why : "the events didn't end";
    why = watcher.phase("hooks alone", false);
    if (why != nullptr || !watcher.begin_rules())
        return why != nullptr ? why : "rules didn't begin again";
    why = watcher.phase("without events", false);
    if (why != nullptr || watcher.begin_events() != NADIR_OK)
        return why != nullptr ? why : "the events didn't begin again";
    why = watcher.phase("again", true);
    if (why != nullptr || !watcher.end_rules() || !watcher.end_hooks() || !watcher.end_events())
        return why != nullptr ? why : "the last ones didn't end";
    return nullptr;
}

u64 exits_beside_cpuid(const nadir_session* session, u32 number) {
    static nadir_statistics statistics;
    constexpr u32 cpuid_reason = 10;
    constexpr u32 vmcall_reason = 18; // by which the question itself is asked
    nadir_get_statistics(session, number, &statistics);
    u64 sum = 0;
    for (u32 i = 0; i < NADIR_EXIT_REASONS; ++i)
        sum += i == cpuid_reason || i == vmcall_reason ? 0 : statistics.exits[i];
    return sum;
}

} // namespace

const char* run_together(const Options& options) {
    static Watcher watcher;
    if (!watcher.ground.prepare())
        return "there is no memory for code";
    u32 status = NADIR_OK;
    watcher.session = start_nadir(options, status);
    if (watcher.session == nullptr)
        return "Nadir didn't start";
    if (const char* why = all_of_it(watcher); why != nullptr)
        return why;
    const u64 before = exits_beside_cpuid(watcher.session, 0);
    if (const char* why = watcher.phase("nothing", false); why != nullptr)
        return why;
    print("exits: %llu more\n", exits_beside_cpuid(watcher.session, 0) - before);
    if (stop_nadir(watcher.session) != NADIR_OK)
        return "Nadir didn't stop";
    watcher.ground.give_back();
    return nullptr;
}

} // namespace nadir::bare
