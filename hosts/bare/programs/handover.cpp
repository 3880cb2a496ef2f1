// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=handover: which CPUIDs the assembly answers by itself, and which it hands over to the exit loop. The flight recorder
// tells: only the latter leave a record.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

void plain() { (void)cpuid(0); }
void leaf_1() { (void)cpuid(1); }

void behind_sti() { asm volatile("xorl %%eax, %%eax; sti; cpuid; cli" : : : "eax", "ebx", "ecx", "edx", "memory"); }
void behind_mov_ss() {
    asm volatile("mov %%ss, %%ecx; xorl %%eax, %%eax; mov %%ecx, %%ss; cpuid"
                 :
                 :
                 : "eax", "ebx", "ecx", "edx", "memory");
}
// The trap behind it ends the guarded call.
void single_stepped() {
    FaultGuard guard;
    guarded(
        guard,
        [](void*) {
            asm volatile("xorl %%eax, %%eax; pushfq; orq %0, (%%rsp); popfq; cpuid"
                         :
                         : "i"(rflags_tf)
                         : "rax", "rbx", "rcx", "rdx", "memory");
        },
        nullptr);
}

struct Case {
    const char* name;
    void (*execute)();
};
constexpr Case cases[] = {{"plain", plain},
                          {"leaf 1", leaf_1},
                          {"behind STI", behind_sti},
                          {"behind MOV SS", behind_mov_ss},
                          {"single-stepped", single_stepped}};

u64 records(const nadir_session* session) {
    static nadir_recorder_request request;
    request = {};
    nadir_read_recorder(session, &request);
    return request.begun;
}

} // namespace

const char* run_handover(const Options& options) {
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    for (const Case& one : cases) {
        const u64 before = records(session);
        one.execute();
        print("CPUID %s: %llu records\n", one.name, records(session) - before);
    }
    return stop_nadir(session) == NADIR_OK ? nullptr : "Nadir didn't stop";
}

} // namespace nadir::bare
