// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=onoff: start, work on each processor, stop. The guest must see the same processor before, during and after.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"
#include "hosts/bare/programs/snapshot.h"

namespace nadir::bare {

namespace {

constexpr u32 rounds = 1000;

NADIR_ABI u32 work(void*, u32) {
    u32 sum = 0;
    for (u32 i = 0; i < rounds; ++i)
        sum += cpuid(i % 8).eax;
    magic_break();
    return sum;
}

void print_log(const nadir_session* session, u32 processor) {
    static nadir_log_request request;
    request = {{NADIR_CONTROL_VERSION, sizeof request}, processor, 0, 0, 0, {}};
    do {
        if (nadir_read_log(session, &request) != NADIR_OK)
            return;
        for (u32 i = 0; i < request.count; ++i) {
            char text[960];
            nadir_format_log_record(&request.records[i], text, sizeof text);
            print("log: %s\n", text);
        }
    } while (request.count != 0);
}

void print_statistics(const nadir_session* session, u32 number) {
    static nadir_statistics statistics;
    if (nadir_get_statistics(session, number, &statistics) != NADIR_OK)
        return;
    print("processor %u: state %u enter %llu leave %llu exits %llu", number, statistics.state, statistics.enter_ticks,
          statistics.leave_ticks, statistics.exits_total);
    for (u32 reason = 0; reason < NADIR_EXIT_REASONS; ++reason)
        if (statistics.exits[reason] != 0)
            print(" [%u]=%llu", reason, statistics.exits[reason]);
    print("\n");
}

} // namespace

const char* run_onoff(const Options& options) {
    const u64 memory_before = bytes_in_use();
    Snapshot* before = allocate_snapshots();
    Snapshot* after = allocate_snapshots();
    if (before == nullptr || after == nullptr)
        return "no memory for snapshots";
    dress_all();
    take_all_snapshots(before);

    u32 status;
    magic_break();
    nadir_session* session = start_nadir(options, status);
    u32 differences = 0;
    if (session != nullptr) {
        take_all_snapshots(after);
        differences += compare_all_snapshots("during", before, after);
        for (u32 i = 0; i < processor_count(); ++i) {
            const u32 sum = run_on(i, work, nullptr);
            print("processor %u: active %u, %u rounds of CPUID, sum %x\n", i, nadir_processor_active(session, i),
                  rounds, sum);
        }
        nadir_state state{};
        nadir_get_state(session, &state);
        print(
            "state: active %u processors_on %u of %u, bytes %llu, per processor %llu, ept %llu, image %llu, vpid %llu\n",
            state.active, state.processors_on, state.processors, state.bytes_total, state.bytes_per_processor,
            state.bytes_ept, state.bytes_image, state.vpid);
        nadir_report report{};
        status = nadir_stop(session, &report);
        print("stop: status %u (%s) %s\n", status, nadir_status_text(status), report.text);
        for (u32 i = 0; i < processor_count(); ++i)
            print_statistics(session, i);
        print_log(session, NADIR_ANY_PROCESSOR);
        for (u32 i = 0; i < processor_count(); ++i)
            print_log(session, i);
        nadir_release(session);
    }
    magic_break();
    take_all_snapshots(after);
    differences += compare_all_snapshots("after", before, after);
    release_snapshots(before);
    release_snapshots(after);
    if (bytes_in_use() != memory_before)
        return "memory leaked";
    if (differences != 0)
        return "the processor's state differs";
    return status == NADIR_OK ? nullptr : "Nadir didn't start or stop";
}

} // namespace nadir::bare
