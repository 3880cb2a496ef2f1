// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=fail: each step of a start fails once on each processor; the machine must stay as it was. So must it when memory
// runs out at any point.
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"
#include "hosts/bare/programs/snapshot.h"

namespace nadir::bare {

namespace {

Snapshot* before;
Snapshot* after;
u64 memory_before;
u32 failures;

void check(const char* what, u32 number, u32 processor, const nadir_report& report, u32 status, u32 wanted) {
    u32 differences = 0;
    take_all_snapshots(after);
    for (u32 i = 0; i < processor_count(); ++i)
        differences += compare_snapshots(what, i, before[i], after[i]);
    const bool good = status == wanted && differences == 0 && bytes_in_use() == memory_before && report.text[0] != 0;
    print("%s %u (%s) on %d: %s, status %u (%s), %u differences, %llu bytes more in use: %s\n", what, number,
          nadir_step_text(report.step), static_cast<int>(processor), good ? "ok" : "WRONG", status,
          nadir_status_text(status), differences, bytes_in_use() - memory_before, report.text);
    if (!good)
        ++failures;
}

// The steps that execute a VMX instruction fail by a real failure of it, and report that.
u32 wanted_status(u32 step) {
    switch (step) {
    case NADIR_STEP_VMXON: return NADIR_VMXON_FAILED;
    case NADIR_STEP_VMCLEAR: return NADIR_VMCLEAR_FAILED;
    case NADIR_STEP_VMPTRLD: return NADIR_VMPTRLD_FAILED;
    case NADIR_STEP_VMCS: return NADIR_VMWRITE_FAILED;
    case NADIR_STEP_LAUNCH: return NADIR_VMLAUNCH_FAILED;
    case NADIR_STEP_ENTRY: return NADIR_ENTRY_FAILED;
    default: return NADIR_INJECTED;
    }
}

void fail_step(const Options& options, u32 step, u32 processor) {
    nadir_options wish = options.core;
    wish.fail_step = step;
    wish.fail_processor = processor;
    nadir_session* session = nullptr;
    nadir_report report{};
    const u32 status = nadir_start(&wish, &session, &report);
    if (session != nullptr) {
        nadir_report stop{};
        nadir_stop(session, &stop);
        nadir_release(session);
    }
    check("fail", step, processor, report, status, wanted_status(step));
    if (report.step != step || report.processor != processor) {
        print("fail %u: reported step %u on processor %d\n", step, report.step, static_cast<int>(report.processor));
        ++failures;
    }
}

// Grants ever more memory, until a start succeeds.
void exhaust_memory(const Options& options) {
    for (u64 pages = 0; pages < 4096; pages += pages < 8 ? 1 : pages / 4) {
        nadir_session* session = nullptr;
        nadir_report report{};
        limit_memory(pages);
        const u32 status = nadir_start(&options.core, &session, &report);
        limit_memory(~0ull);
        if (status == NADIR_OK) {
            nadir_stop(session, &report);
            nadir_release(session);
            print("memory: %llu pages suffice\n", pages);
            return;
        }
        check("memory", static_cast<u32>(pages), NADIR_ANY_PROCESSOR, report, status, NADIR_NO_MEMORY);
    }
    ++failures;
}

} // namespace

const char* run_fail(const Options& options) {
    before = allocate_snapshots();
    after = allocate_snapshots();
    if (before == nullptr || after == nullptr)
        return "no memory for snapshots";
    dress_all();
    take_all_snapshots(before);
    memory_before = bytes_in_use();
    for (u32 step = NADIR_STEP_NONE + 1; step < NADIR_STEP_COUNT; ++step) {
        const bool each = step >= NADIR_STEP_CHECK_PROCESSOR && step <= NADIR_STEP_CONFIRM;
        for (u32 processor = 0; each && processor < processor_count(); ++processor)
            fail_step(options, step, processor);
        if (!each)
            fail_step(options, step, NADIR_ANY_PROCESSOR);
    }
    exhaust_memory(options);
    return failures == 0 ? nullptr : "not every failure left the machine as it was";
}

} // namespace nadir::bare
