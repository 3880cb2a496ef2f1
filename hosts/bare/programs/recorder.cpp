// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=recorder: the last processor does things that exit, and what the flight recorder has of it is printed; with provoke=N
// root mode then makes that mistake there. At the end the first processor leaves VMX operation and stops in the debugger, as
// the witness who sees all physical memory, the recorder's included.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

constexpr u32 refused_msr = 0x1234'5678; // outside the bitmap's ranges: it exits, and raises #GP

NADIR_ABI u32 work(void*, u32) {
    for (u32 i = 0; i < 5; ++i)
        cpuid(0); // answered by cpu/exit.S
    cpuid(1);     // answered by core/exits/cpuid.h
    FaultGuard guard;
    guarded(
        guard, [](void*) { read_msr(refused_msr); }, nullptr);
    for (u32 i = 0; i < 3; ++i)
        cpuid(0);
    if ((read_cr4() & cr4_osxsave) != 0)
        asm volatile("xsetbv" : : "a"(read_xcr0()), "d"(0), "c"(0) : "memory");
    return 0;
}

void print_ring(const nadir_session* session, u32 number) {
    static nadir_recorder_request request;
    request = {};
    request.processor = number;
    const u32 status = nadir_read_recorder(session, &request);
    print("recorder of processor %u: status %u state %u begun %llu cpuids %llu\n", number, status, request.state,
          request.begun, request.cpuid_exits);
    for (u32 i = 0; i < request.count; ++i) {
        const nadir_exit_record& r = request.records[i];
        print("exit %u: time %llu rip %llx reason %u qualification %llx detail %llx event %x cpuids %u outcome %u\n",
              r.sequence, r.time, r.rip, r.reason, r.qualification, r.detail, r.event, r.cpuids, r.outcome);
    }
}

} // namespace

const char* run_recorder(const Options& given) {
    const char* refused = given.provoke != 0 ? refuse_provocation(given.provoke) : nullptr;
    if (refused != nullptr)
        return refused;
    if (processor_count() < 2)
        return "it takes two processors: one works, the other looks";
    Options options = given;
    if (!start_to_provoke(options))
        return "Nadir didn't start";
    const u32 subject = processor_count() - 1;
    run_on(subject, work, nullptr);
    if (options.provoke != 0 && !dies_of_provocation(options, subject))
        return "root mode made the mistake and went on";
    print_ring(options.session, subject);
    if (nadir_leave_processor(options.session, 0) != NADIR_OK)
        return "the first processor didn't leave";
    magic_break();
    return nullptr;
}

} // namespace nadir::bare
