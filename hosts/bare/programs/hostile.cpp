// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=hostile cycles=N seed=N: N rounds of attacks by all processors at once, while this one reads logs, statistics and
// VMCSs. Nothing but an error may come of it, Nadir can be stopped afterwards, and the processors are as before.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/attack.h"
#include "hosts/bare/programs/programs.h"
#include "hosts/bare/programs/snapshot.h"

namespace nadir::bare {

namespace {

constexpr u32 attacks_a_round = 100;

struct Attacker {
    Random random;
    Attacks count;
};
Attacker attackers[maximum_processors];
Playground playgrounds[maximum_processors];
u64 key;

void attack_at_once(u32 number) {
    constexpr u32 at_once = 10;
    Attacker& own = attackers[number];
    for (u32 i = 0; i < at_once; ++i)
        if (own.random.below(2) == 0)
            attack(own.random, key, playgrounds[number], own.count);
        else
            something_that_exits(own.random);
}

// What the system itself asks, in the midst of all that: each answer has to make sense.
bool read_all(const nadir_session* session) {
    static nadir_log_request log;
    static nadir_statistics statistics;
    static nadir_vmcs vmcs;
    constexpr u32 fewest_fields = 100;
    bool good = true;
    for (u32 i = 0; i < processor_count(); ++i) {
        log = {};
        log.processor = i;
        good = good && nadir_read_log(session, &log) == NADIR_OK && log.count <= NADIR_LOG_BATCH;
        good = good && nadir_get_statistics(session, i, &statistics) == NADIR_OK &&
               statistics.state == NADIR_PROCESSOR_ON && statistics.exits_total != 0;
        good = good && nadir_read_vmcs(session, i, &vmcs) == NADIR_OK && vmcs.source == NADIR_VMCS_LIVE &&
               vmcs.count > fewest_fields && vmcs.count <= NADIR_VMCS_FIELDS;
    }
    return good;
}

const char* run_rounds(const Options& options, const nadir_session* session) {
    for (u32 i = 0; i < processor_count(); ++i) {
        attackers[i] = {{options.seed * 0x9E37'79B9'7F4A'7C15 + i + 1}, {}};
        if (&processor(i) != &this_processor())
            meanwhile(i, attack_at_once);
    }
    bool good = true;
    for (u32 round = 0; round < options.cycles; ++round) {
        for (u32 i = 0; i < attacks_a_round; i += 10)
            attack_at_once(this_processor().number);
        good = read_all(session) && good;
    }
    for (u32 i = 0; i < processor_count(); ++i)
        meanwhile(i, nullptr);
    u64 wrong = 0;
    for (u32 i = 0; i < processor_count(); ++i) {
        run_on(
            i, [](void*, u32) NADIR_ABI -> u32 { return 0; }, nullptr); // its last round is over
        const Attacks& count = attackers[i].count;
        print("hostile: processor %u: %llu attacks, %llu raised #UD, %llu refused, %llu answered, %llu wrong\n", i,
              count.made, count.invalid_opcode, count.refused, count.answered, count.wrong);
        wrong += count.wrong;
    }
    if (!good)
        return "what the system asked was answered wrongly";
    return wrong == 0 ? nullptr : "an attack had an effect";
}

const char* attack_nadir(const Options& options) {
    u32 status;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    key = find_key(session);
    const char* why = run_rounds(options, session);
    return stop_nadir(session) == NADIR_OK ? why : "Nadir didn't stop";
}

} // namespace

const char* run_hostile(const Options& options) {
    if (options.cycles == 0)
        return nothing_to_do;
    const u64 memory_before = bytes_in_use();
    Snapshot* before = allocate_snapshots();
    Snapshot* after = allocate_snapshots();
    if (before == nullptr || after == nullptr)
        return "no memory for snapshots";
    for (u32 i = 0; i < processor_count(); ++i)
        if (!prepare_playground(playgrounds[i]))
            return "no memory for code";
    dress_all();
    take_all_snapshots(before);
    const char* why = attack_nadir(options);
    take_all_snapshots(after);
    const u32 differences = compare_all_snapshots("after", before, after);
    for (u32 i = 0; i < processor_count(); ++i)
        release_playground(playgrounds[i]);
    release_snapshots(before);
    release_snapshots(after);
    if (why == nullptr && differences != 0)
        why = "the processor's state differs";
    return why == nullptr && bytes_in_use() != memory_before ? "memory leaked" : why;
}

} // namespace nadir::bare
