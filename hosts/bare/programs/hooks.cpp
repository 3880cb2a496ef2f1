// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=hooks: hidden breakpoints are hit whenever their instruction is executed and at no other time; whoever reads sees what
// was there; what is written is executed next; and with several processors at it, each sees old or new and never a mix.
#include "hosts/bare/programs/hooks.h"

#include "hosts/bare/machine/faults.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/with_nadir.h"

namespace nadir::bare {

namespace {

constexpr u32 pages_to_search = 200;

const char* refused(nadir_session* session, u64 address, u32 expected, const char* what) {
    nadir_report report{};
    const nadir_hook hook{address, 0, NADIR_HOOK_BREAKPOINT, 0};
    const u32 status = nadir_hooks_begin(session, &hook, 1, &report);
    print("refused, %s: status %u: %s\n", what, status, report.text);
    return status == expected ? nullptr : "a hook was not refused as it should be";
}

const char* refusals(nadir_session* session, const Playground& ground) {
    nadir_report report{};
    constexpr u64 no_address = u64{1} << 51;
    constexpr u64 io_apic = 0xFEC0'0000;
    if (nadir_hooks_begin(session, nullptr, 0, &report) != NADIR_BAD_ARGUMENT)
        return "no hook at all was accepted";
    const nadir_hook twice[] = {ground.breakpoint(offset_of_constant), ground.breakpoint(offset_of_constant)};
    if (nadir_hooks_begin(session, twice, 2, &report) != NADIR_BAD_ARGUMENT)
        return "two hooks at the same place were accepted";
    nadir_hook without_target = ground.breakpoint(offset_of_constant);
    without_target.kind = NADIR_HOOK_REDIRECT;
    if (nadir_hooks_begin(session, &without_target, 1, &report) != NADIR_BAD_ARGUMENT)
        return "a redirection without a target was accepted";
    const char* why = refused(session, no_address, NADIR_HOOK_NO_MEMORY, "no memory");
    why = why != nullptr ? why : refused(session, io_apic, NADIR_HOOK_DEVICE, "a device");
    if (why != nullptr)
        return why;
    // Nadir's memory was allocated behind the code.
    for (u64 address = ground.physical(0); address < ground.physical(0) + pages_to_search * page_size;
         address += page_size) {
        const nadir_hook hook{address, 0, NADIR_HOOK_BREAKPOINT, 0};
        const u32 status = nadir_hooks_begin(session, &hook, 1, &report);
        if (status == NADIR_HOOK_OURS)
            return refused(session, address, NADIR_HOOK_OURS, "our own");
        if (status == NADIR_HOOK_INSTRUCTION)
            continue; // what isn't code may begin with any byte
        if (status != NADIR_OK || nadir_hooks_end(session, &report) != NADIR_OK)
            return "memory that isn't Nadir's was refused";
    }
    return "Nadir's own memory was nowhere refused";
}

struct Counts {
    u64 hits, changes, below;
};
Counts counts(const nadir_session* session, u32 hook) {
    nadir_hook_state state{};
    nadir_hooks_read(session, hook, &state);
    return {state.hits, state.changes, state.below};
}

// What each processor does, and what it must see: the same with hooks and without.
NADIR_ABI u32 look(void* argument, u32) {
    Playground& ground = *static_cast<Playground*>(argument);
    if (ground.call(offset_of_constant) != first_constant)
        return 1;
    if (ground.byte(offset_of_constant) != opcode_of_mov || ground.sum() != ground.expected_sum)
        return 2;
    if (ground.call(offset_of_constant) != first_constant)
        return 3;
    if (ground.call(offset_of_self_reader) != opcode_of_mov)
        return 4;
    FaultGuard guard;
    const u32 vector = guarded(
        guard, [](void* at) { reinterpret_cast<void (*)()>(at)(); }, ground.at(offset_of_int3));
    constexpr u32 breakpoint = 3;
    if (vector != breakpoint || guard.rip != reinterpret_cast<u64>(ground.at(offset_of_int3)) + 1)
        return 5;
    return ground.call(offset_of_self_writer) == 2 * first_constant ? 0 : 6;
}

const char* look_on_all(Playground& ground) {
    for (u32 i = 0; i < processor_count(); ++i)
        if (const u32 wrong = run_on(i, look, &ground); wrong != 0) {
            print("processor %u, step %u\n", i, wrong);
            return "a hidden page isn't what it is without hooks";
        }
    return nullptr;
}

const char* breakpoints(nadir_session* session, Playground& ground) {
    nadir_report report{};
    const nadir_hook hooks[] = {ground.breakpoint(offset_of_self_reader), ground.breakpoint(offset_of_constant),
                                ground.breakpoint(offset_of_unused),
                                ground.breakpoint(offset_of_constant + length_of_mov),
                                ground.breakpoint(offset_of_int3)};
    if (nadir_hooks_begin(session, hooks, 5, &report) != NADIR_OK) {
        print("%s\n", report.text);
        return "the hooks weren't set";
    }
    if (nadir_hooks_begin(session, hooks, 5, &report) != NADIR_BUSY)
        return "a second one set hooks, too";
    const char* why = look_on_all(ground);
    for (u32 i = 0; i < 5; ++i)
        print("hook %u: hits %llu changes %llu below %llx\n", i, counts(session, i).hits, counts(session, i).changes,
              counts(session, i).below);
    if (why == nullptr && nadir_hooks_end(session, &report) != NADIR_OK)
        why = "the hooks weren't removed";
    return why;
}

// The system changes code under hooks and beside them.
const char* writes(nadir_session* session, Playground& ground) {
    nadir_report report{};
    const nadir_hook hooks[] = {ground.breakpoint(offset_of_constant), ground.breakpoint(offset_of_other),
                                ground.breakpoint(offset_of_other_writer),
                                ground.breakpoint(offset_of_second + length_of_mov)};
    if (nadir_hooks_begin(session, hooks, 4, &report) != NADIR_OK)
        return "the hooks for writing weren't set";
    for (u32 value = 1; value < 20; ++value) {
        ground.set_constant(value);
        if (ground.constant() != value || ground.call(offset_of_constant) != value)
            return "what was written isn't what is executed";
    }
    // Another instruction of the same length, and back.
    ground.put_byte(offset_of_other, opcode_of_mov_ecx);
    if (ground.byte(offset_of_other) != opcode_of_mov_ecx || ground.call(offset_of_other) == other_constant)
        return "an instruction that was written under a hook isn't executed";
    ground.put_byte(offset_of_other, opcode_of_mov);
    if (ground.call(offset_of_other) != other_constant)
        return "an instruction that was written back isn't executed";
    ground.set_constant(first_constant);
    // Of two hidden pages: by a plain write, and by an instruction that is under a hook of the other one.
    ground.set_constant(first_constant + 1, offset_of_second);
    if (ground.call(offset_of_second) != first_constant + 1)
        return "what was written to the second page isn't executed";
    // The step tables must not be left open by the last write: the next one, in a step for the other page, would go unnoticed.
    ground.set_constant(first_constant + 2, offset_of_second);
    ground.call(offset_of_other_writer);
    if (ground.call(offset_of_second) != written_constant)
        return "what hidden code wrote to another hidden page isn't executed";
    if (ground.call(offset_of_other_reader) != opcode_of_mov)
        return "hidden code can't read another hidden page";
    for (u32 i = 0; i < 4; ++i)
        print("written hook %u: hits %llu changes %llu below %llx\n", i, counts(session, i).hits,
              counts(session, i).changes, counts(session, i).below);
    return nadir_hooks_end(session, &report) == NADIR_OK ? nullptr : "the hooks for writing weren't removed";
}

const char* redirection(nadir_session* session, Playground& ground) {
    nadir_report report{};
    nadir_hook hook = ground.breakpoint(offset_of_constant);
    hook.kind = NADIR_HOOK_REDIRECT;
    hook.target = reinterpret_cast<u64>(ground.at(offset_of_other));
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        return "the redirection wasn't set";
    const bool there =
        ground.call(offset_of_constant) == other_constant && ground.byte(offset_of_constant) == opcode_of_mov;
    print("redirected: hits %llu\n", counts(session, 0).hits);
    return nadir_hooks_end(session, &report) == NADIR_OK && there ? nullptr : "it went elsewhere";
}

// A processor that goes and comes has the hooks again, and has written meanwhile.
NADIR_ABI u32 go_and_come(void* argument, u32 number) {
    Playground& ground = *static_cast<Playground*>(argument);
    nadir_report report{};
    nadir_leave_processor(ground.session, number);
    ground.set_constant(77);
    if (ground.call(offset_of_constant) != 77) // nobody counts this one
        return 1;
    if (nadir_enter_processor(ground.session, number, &report) != NADIR_OK)
        return 2;
    const bool right = ground.call(offset_of_constant) == 77;
    ground.set_constant(first_constant);
    return right ? 0 : 3;
}

const char* hotplug(nadir_session* session, Playground& ground) {
    nadir_report report{};
    const nadir_hook hook = ground.breakpoint(offset_of_constant + length_of_mov);
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        return "the hook wasn't set";
    const u32 wrong = run_on(processor_count() - 1, go_and_come, &ground);
    print("gone and come: %u, hits %llu\n", wrong, counts(session, 0).hits);
    return nadir_hooks_end(session, &report) == NADIR_OK && wrong == 0 ? nullptr : "a processor that came differs";
}

// How many exits it takes to read.
u64 violations(const nadir_session* session) {
    static nadir_statistics statistics;
    nadir_get_statistics(session, 0, &statistics);
    return statistics.exits[48];
}

const char* costs(nadir_session* session, Playground& ground) {
    nadir_report report{};
    const nadir_hook hook = ground.breakpoint(offset_of_unused);
    if (nadir_hooks_begin(session, &hook, 1, &report) != NADIR_OK)
        return "the hook wasn't set";
    // Without a hook in their way: the page's own INT3, its own reads and writes.
    if (look(&ground, 0) != 0)
        return "a hidden page with a hook that nobody meets isn't what it is without";
    ground.call(offset_of_constant);
    const u64 before = violations(session);
    for (u32 i = 0; i < 1000; ++i)
        (void)ground.byte(offset_of_constant);
    const u64 reading = violations(session);
    for (u32 i = 0; i < 1000; ++i) {
        (void)ground.call(offset_of_constant);
        (void)ground.byte(offset_of_constant);
    }
    const u64 both = violations(session);
    nadir_view_state state{};
    nadir_views_read(session, &state);
    print("violations: %llu of 1000 reads, %llu of 1000 calls and reads; hidden pages %llu in %llu pages\n",
          reading - before, both - reading, state.hidden_pages, state.pages_in_use);
    if (nadir_hooks_end(session, &report) != NADIR_OK)
        return "the hook wasn't removed";
    const u64 without = violations(session);
    ground.call(offset_of_constant);
    (void)ground.byte(offset_of_constant);
    return violations(session) == without ? nullptr : "something exits that didn't before";
}

} // namespace

const char* run_hooks(const Options& options) {
    static Playground ground;
    return with_nadir_on(ground, options, [&options](nadir_session* session, Playground& code) {
        const char* why = look_on_all(code);
        if (options.core.hook_pages == 0) {
            why = why != nullptr ? why : refused(session, code.physical(0), NADIR_HOOKS_NOT_ASKED_FOR, "not asked for");
        } else {
            why = why != nullptr ? why : refusals(session, code);
            constexpr const char* (*parts[])(nadir_session*, Playground&) = {
                breakpoints, writes, redirection, hotplug, costs, race_for_hooks, breakpoints};
            for (const auto part : parts)
                why = why != nullptr ? why : part(session, code);
        }
        return why != nullptr ? why : look_on_all(code);
    });
}

} // namespace nadir::bare
