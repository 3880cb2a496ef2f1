// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=root_fault provoke=N: root mode makes that mistake (enum nadir_provocation) on the last processor. It has to end in
// a report, never in a reset; the other processors go on, and a stop is refused in words.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

namespace nadir::bare {

namespace {

[[gnu::noinline]] bool is_dead(const nadir_session* session, u32 number) {
    nadir_statistics statistics{};
    nadir_get_statistics(session, number, &statistics);
    return statistics.state == NADIR_PROCESSOR_DEAD;
}

void print_record(const nadir_log_record& record) {
    char text[960];
    nadir_format_log_record(&record, text, sizeof text);
    print("log of processor %u: %s\n", record.processor, text);
}

void print_vmcs(const nadir_session* session, u32 number) {
    static nadir_vmcs vmcs;
    nadir_read_vmcs(session, number, &vmcs);
    print("VMCS of processor %u: source %u, %s\n", number, vmcs.source, vmcs.count > 100 ? "complete" : "incomplete");
}

} // namespace

NADIR_ABI u32 provoke_here(void* argument, u32) {
    const Options& options = *static_cast<const Options*>(argument);
    return nadir_provoke(options.session, options.provoke);
}

bool dies_of_provocation(Options& options, u32 victim) {
    begin_on(victim, provoke_here, &options);
    for (u32 i = 0; i < 10'000; ++i)
        if (is_dead(options.session, victim))
            return true;
    return false;
}

void print_records(nadir_session* session, u32 number) {
    static nadir_log_request request;
    request = {};
    request.processor = number;
    do {
        nadir_read_log(session, &request);
        for (u32 i = 0; i < request.count; ++i) {
            print_record(request.records[i]);
            nadir_explain_log_record(session, &request.records[i]);
        }
    } while (request.count != 0);
}

const char* refuse_provocation(u32 provoke) {
    static_assert(NADIR_PROVOKE_HANG == 8 && NADIR_PROVOKE_COUNT == 11, "the words below name them");
    if (provoke == 0 || provoke == NADIR_PROVOKE_HANG || provoke >= NADIR_PROVOKE_COUNT)
        return "give provoke=1 to 10, but 8 (a hang) to test=watchdog (enum nadir_provocation in control/control.h)";
    return nullptr;
}

const char* run_root_fault(const Options& given) {
    if (const char* why = refuse_provocation(given.provoke))
        return why;
    if (processor_count() < 2)
        return "it takes two processors: one is lost";
    Options options = given;
    if (!start_to_provoke(options))
        return "Nadir didn't start";

    const u32 victim = processor_count() - 1;
    if (!dies_of_provocation(options, victim))
        return "root mode made the mistake and went on";

    print_records(options.session, victim);
    print_records(options.session, NADIR_ANY_PROCESSOR);
    print_vmcs(options.session, victim);
    if (options.provoke == NADIR_PROVOKE_FAULT_IN_LOCK) {
        // Writes to MTRRs change the EPT tables, whose lock the other one took with it.
        constexpr u32 msr_mtrr_def_type = 0x2FF;
        write_msr(msr_mtrr_def_type, read_msr(msr_mtrr_def_type));
        print_records(options.session, 0);
    }
    // This processor is still a guest, and served.
    print("processor 0 goes on: CPUID %x\n", cpuid(0).eax);
    if (stop_nadir(options.session) != NADIR_PROCESSOR_LOST)
        return "the stop was not refused";
    return nullptr;
}

} // namespace nadir::bare
