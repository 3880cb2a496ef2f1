// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=extensions: what a system sees of the extensions in examples/, on every processor. Without any compiled in it sees what the
// processor says. provoke=1: with tests/extensions/misbehave.cpp, a fault in a callback on the last processor.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/programs/hooks.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 brand_leaf = 0x8000'0002;
constexpr u32 fault_leaf = 0x4FFF'FF10;
constexpr u32 mailbox = 0x4E61'6469;
constexpr u32 msr_star = 0xC000'0081;
constexpr u32 msr_lstar = 0xC000'0082;
constexpr u32 msr_fmask = 0xC000'0084;
constexpr u64 efer_sce = 1;
constexpr u64 number_of_execve = 59;
constexpr u32 count_of_cpuids = 100;

nadir_extension extension;

const char* list(const nadir_session* session) {
    u32 number = 0;
    for (; nadir_read_extension(session, number, 0, &extension) == NADIR_OK; ++number) {
        print("extension %u: %s %s: %s\n", number, extension.name, extension.version, extension.what);
        for (u32 i = 0; i < processor_count(); ++i) {
            nadir_read_extension(session, number, i, &extension);
            for (u32 counter = 0; counter < extension.counter_count; ++counter)
                print("counter %s.%s of processor %u: %llu\n", extension.name, extension.counter_names[counter], i,
                      extension.counters[counter]);
        }
    }
    print("extensions: %u\n", extension.count);
    return number == extension.count ? nullptr : "the list has another length than it says";
}

void look_at_cpuid(u32 number) {
    union {
        CpuidResult part[3];
        char text[49];
    } brand{};
    for (u32 i = 0; i < 3; ++i)
        brand.part[i] = cpuid(brand_leaf + i);
    print("processor %u brand: %s\n", number, brand.text);
    print("processor %u leaf 80000000: %x\n", number, cpuid(0x8000'0000).eax);
}

// The entry comes back at once: at CPL 0, to where SYSCALL was.
void look_at_system_calls(u32 number) {
    u64 entry;
    asm volatile("leaq 1f(%%rip), %0; jmp 2f; 1: jmpq *%%rcx; 2:" : "=r"(entry));
    const bool first = try_write_msr(msr_lstar, entry);
    const bool other = try_write_msr(msr_lstar, entry + 16);
    const u64 kept = read_msr(msr_lstar);
    const bool same = try_write_msr(msr_lstar, entry);
    u64 last = 0;
    const bool answered = try_read_msr(mailbox, last);
    print("processor %u LSTAR: first %u other %u kept %u same %u mailbox %u right %u\n", number, first, other,
          kept == entry, same, answered, last == entry + 16);
    write_msr(msr_star, u64{selector_code} << 32);
    write_msr(msr_fmask, 0);
    write_msr(msr_efer, read_msr(msr_efer) | efer_sce);
    static const char path[] = "/usr/bin/true";
    const u64 paths[] = {reinterpret_cast<u64>(path), 0x7FFF'0000'0000}; // the other one isn't mapped
    for (const u64 at : paths) {
        u64 rax = number_of_execve;
        asm volatile("syscall" : "+a"(rax) : "D"(at), "S"(0) : "rcx", "r11", "memory");
        print("processor %u SYSCALL came back with %llu\n", number, rax);
    }
    u64 other_call = 1;
    asm volatile("syscall" : "+a"(other_call) : "D"(0), "S"(0) : "rcx", "r11", "memory");
    write_msr(msr_efer, read_msr(msr_efer) & ~efer_sce);
}

NADIR_ABI u32 look(void*, u32 number) {
    look_at_cpuid(number);
    look_at_system_calls(number);
    return 0;
}

NADIR_ABI u32 forget(void*, u32) {
    write_msr(msr_lstar, 0);
    return 0;
}

struct HookedCall {
    Playground* ground;
    u64 argument;
};

NADIR_ABI u32 call_hooked(void* argument, u32) {
    const HookedCall& call = *static_cast<HookedCall*>(argument);
    return reinterpret_cast<u32 (*)(u64)>(call.ground->at(offset_of_constant))(call.argument);
}

// The number of the first extension that takes hooks.
u32 find_hook_extension(nadir_session* session, Playground& ground, nadir_report& report) {
    nadir_hook hook = ground.breakpoint(offset_of_constant);
    hook.kind = NADIR_HOOK_CALL;
    for (hook.target = 0;; ++hook.target) {
        const u32 status = nadir_hooks_begin(session, &hook, 1, &report);
        if (status != NADIR_HOOK_EXTENSION || hook.target > 8)
            return status;
    }
}

const char* look_at_hook(nadir_session* session, Playground& ground) {
    nadir_report report{};
    const u32 status = find_hook_extension(session, ground, report);
    print("hook: status %u: %s\n", status, report.text);
    if (status == NADIR_HOOK_EXTENSION)
        return nullptr;
    for (u32 i = 0; i < processor_count(); ++i)
        for (u64 argument = 6; argument < 9; ++argument) {
            HookedCall call{&ground, argument};
            print("processor %u hooked function of %llu: %x\n", i, argument, run_on(i, call_hooked, &call));
        }
    print("byte under the hook: %x\n", ground.byte(offset_of_constant));
    return nadir_hooks_end(session, &report) == NADIR_OK ? nullptr : "the hook wasn't removed";
}

constexpr u32 offset_of_protected = 4096 + 0x800; // a quadword for each processor

NADIR_ABI u32 write_protected(void* argument, u32 number) {
    const Playground& ground = *static_cast<Playground*>(argument);
    volatile u64& quad = static_cast<volatile u64*>(ground.at(offset_of_protected))[number];
    quad = 0x1111;
    const u64 filled = quad;
    quad = 0x2222;
    print("processor %u protected memory: filled in %u, written again %u\n", number, filled == 0x1111, quad == 0x2222);
    return 0;
}

const char* look_at_memory(nadir_session* session, Playground& ground) {
    static nadir_rules_request request;
    request = {};
    request.operation = NADIR_RULES_ADD;
    request.rule.kind = NADIR_RULE_PROTECT;
    request.rule.action = NADIR_ACTION_IGNORE;
    request.rule.keep = ground.physical(offset_of_protected);
    request.rule.set = request.rule.keep + processor_count() * sizeof(u64) - 1;
    for (u64 at = 0; at < processor_count(); ++at)
        static_cast<volatile u64*>(ground.at(offset_of_protected))[at] = 0;
    if (nadir_change_rules(session, &request) != NADIR_OK) {
        print("%s\n", request.report.text);
        return "the memory wasn't protected";
    }
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, write_protected, &ground);
    request.operation = NADIR_RULES_CLEAR;
    return nadir_change_rules(session, &request) == NADIR_OK ? nullptr : "the memory is still protected";
}

// CPUIDs that no extension wants keep their short way: the recorder sees none of them.
u64 recorded(nadir_session* session, u32 leaf) {
    static nadir_recorder_request recorder;
    recorder = {};
    nadir_read_recorder(session, &recorder);
    const u64 before = recorder.begun;
    for (u32 i = 0; i < count_of_cpuids; ++i)
        cpuid(leaf);
    nadir_read_recorder(session, &recorder);
    return recorder.begun - before;
}

NADIR_ABI u32 ask_for_fault(void*, u32) { return cpuid(fault_leaf).eax; }

NADIR_ABI u32 go(void* session, u32 number) {
    const u32 status = nadir_leave_processor(static_cast<nadir_session*>(session), number);
    look_at_cpuid(number);
    return status;
}

NADIR_ABI u32 come(void* session, u32 number) {
    nadir_report report{};
    const u32 status = nadir_enter_processor(static_cast<nadir_session*>(session), number, &report);
    look_at_cpuid(number);
    return status;
}

// A processor that goes has no extensions any more, and one that comes has them.
const char* go_and_come(nadir_session* session) {
    const u32 last = processor_count() - 1;
    if (run_on(last, go, session) != NADIR_OK)
        return "a processor didn't go";
    print_records(session, last);
    return run_on(last, come, session) == NADIR_OK ? nullptr : "a processor didn't come back";
}

const char* misbehave(nadir_session* session) {
    const u32 victim = processor_count() - 1;
    if (victim == 0)
        return "give it a processor more: one dies";
    begin_on(victim, ask_for_fault, nullptr);
    nadir_statistics statistics{};
    for (u32 i = 0; i < 10'000 && statistics.state != NADIR_PROCESSOR_DEAD; ++i)
        nadir_get_statistics(session, victim, &statistics);
    print_records(session, victim);
    return statistics.state == NADIR_PROCESSOR_DEAD ? nullptr : "root mode lives on";
}

} // namespace

const char* run_extensions(const Options& options) {
    const u64 memory_before = bytes_in_use();
    u32 status = NADIR_OK;
    static Playground ground;
    if (!ground.prepare())
        return "there is no memory for code";
    list(nullptr);
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    if (options.provoke != 0)
        return misbehave(session);
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, look, nullptr);
    const char* why = options.core.hook_pages != 0 ? look_at_hook(session, ground) : nullptr;
    why = why == nullptr && options.core.hook_pages != 0 ? look_at_memory(session, ground) : why;
    print("recorded of %u: leaf 0 %s, leaf %x %s\n", count_of_cpuids, recorded(session, 0) < 20 ? "none" : "all",
          brand_leaf, recorded(session, brand_leaf) < 20 ? "none" : "all");
    why = why != nullptr ? why : list(session);
    why = why != nullptr ? why : go_and_come(session);
    for (u32 i = 0; i < processor_count(); ++i)
        print_records(session, i);
    if (why != nullptr)
        return why;
    if (stop_nadir(session) != NADIR_OK)
        return "Nadir didn't stop";
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, forget, nullptr);
    look_at_cpuid(0);
    ground.give_back();
    return bytes_in_use() == memory_before ? nullptr : "memory leaked";
}

} // namespace nadir::bare
