// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The hypercall: how the host's code, once it is a guest, asks root mode for something. VMCALL at CPL 0 in 64-bit mode with
// the session's key in RAX; for anybody else VMCALL raises #UD, as on a processor without a hypervisor.
//
//   in:  RAX key, RCX function, RDX and RSI arguments
//   out: RAX status (enum nadir_status); RCX RDX RSI RDI R8 R9 R10 R11: eight words of answer
//
// Arguments and answers are registers only: root mode follows no pointer of the guest's.
#pragma once

#include <cstdint>

namespace nadir::core {

enum class Hypercall : uint64_t {
    confirm = 1,          // flushes what this processor may remember of the time before; answers its number
    leave = 2,            // returns outside VMX operation
    read_statistics = 3,  // RDX processor, RSI first word of struct nadir_statistics
    log_position = 4,     // RDX processor; first word: sequence number of the next record
    read_log = 5,         // RDX processor, RSI sequence number; the words are the record; NADIR_BAD_ARGUMENT: not there
    read_memory_use = 6,  // first word: bytes of EPT tables in use
    wait_for_startup = 7, // does not return: this processor waits for a start-up IPI
    start_up = 9,         // RDX vector; does not return: the same as if the start-up IPI had come
    read_vmcs = 10, // RDX processor (of the current VMCS if it is this one, otherwise as it was when root mode stopped
                    // that processor); RSI index of the first field in arch::vmcs_encodings. First word: bit n says
                    // that word n + 1 is the value of field RSI + n
    provoke = 8,    // RDX enum nadir_provocation; tests only
    recorder_position = 11, // RDX processor; words: VM exits begun, CPUID exits, state
    read_recorder = 12, // RDX processor, RSI number of the exit; the first words are the record; NADIR_BAD_ARGUMENT: it
                        // isn't there
    watch =
        13, // RDX: the first processor to look at; first word: the next one that is found overdue, which the caller is
            // to send an NMI, or NADIR_ANY_PROCESSOR (core/watchdog.h)
    // core/plan/plan.h
    plan_begin = 14,       // RDX bits of kinds of events, and in the upper half options: a new plan is begun
    plan_range = 15,       // RDX the first of a range and, in the upper half, its last; RSI enum nadir_range
    plan_take = 16,        // RDX physical address of this processor's ring or 0, RSI number of its next event
    plan_finish = 17,      // the plan that was begun is the present one
    plan_rule = 18,        // RDX and RSI what a rule is about: core/rules/rules.h
    plan_rule_values = 19, // RDX bits to keep, RSI bits to set: the rule belongs to the plan
    rule_answers = 20,     // RDX first of eight slots; the words: how often the rule in each has answered
    // core/views/prepare.h.
    views_prepare = 32, // nothing is hidden yet
    views_add = 33,     // RDX address and kind of a hook (core/views/prepare.h: packed_hook), RSI its target
    views_take = 34,    // this processor is in a view, and remembers nothing of before
    views_arm =
        35, // whoever takes the views from now on executes the copies; the first word of NADIR_HOOK_INSTRUCTION: which hook
    views_disarm = 36, // and from now on the pages themselves again
    views_leave = 37,  // this processor is in no view
    read_hook = 38,    // RDX number of the hook; words: struct nadir_hook_state; NADIR_BAD_ARGUMENT: there is none
    read_views = 39,   // words: struct nadir_view_state, of this processor
    plan_memory =
        40, // RDX the first address of a range and what is watched, RSI its last: core/plan/plan.h, packed_range
    extension_counters = 48, // RDX processor, RSI number of an extension; words: its counters there
    // core/memory/ept_walk.h
    inspect_ept =
        44, // RDX guest-physical address, RSI enum nadir_ept_tables; words: EPTP, number of entries, which tables
            // they are, enum nadir_ept_flag, the entries from the top
};

// Those that only ask about Nadir.
constexpr bool is_question(Hypercall function) {
    switch (function) {
    case Hypercall::read_statistics:
    case Hypercall::log_position:
    case Hypercall::read_log:
    case Hypercall::read_memory_use:
    case Hypercall::read_vmcs:
    case Hypercall::recorder_position:
    case Hypercall::read_recorder:
    case Hypercall::watch:
    case Hypercall::read_hook:
    case Hypercall::extension_counters:
    case Hypercall::read_views:
    case Hypercall::inspect_ept: return true;
    default: return false;
    }
}

constexpr bool is_about_plan(Hypercall function) {
    return (function >= Hypercall::plan_begin && function <= Hypercall::rule_answers) ||
           function == Hypercall::plan_memory;
}

constexpr bool is_about_views(Hypercall function) {
    return function >= Hypercall::views_prepare && function <= Hypercall::read_views;
}

inline constexpr unsigned hypercall_words = 8;

} // namespace nadir::core
