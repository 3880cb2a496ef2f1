// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/conformance/trace.h"

#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"

namespace nadir::conformance {

namespace {

char subject[48];

} // namespace

void about(const char* format, ...) {
    __builtin_va_list arguments;
    __builtin_va_start(arguments, format);
    format_arguments(subject, sizeof subject, format, arguments);
    __builtin_va_end(arguments);
}

u32 probe(const char* name, Registers registers, void (*body)(void*)) {
    FaultGuard guard{};
    const u32 vector = guarded(guard, body, &registers);
    if (vector == no_fault)
        print("exits %s%s: rax %llx rbx %llx rcx %llx rdx %llx\n", subject, name, registers.rax, registers.rbx,
              registers.rcx, registers.rdx);
    else
        print("exits %s%s: exception %u error %x at +%llx rax %llx rcx %llx rdx %llx rf %llu dr6 %llx\n", subject, name,
              vector, guard.error_code, guard.rip - reinterpret_cast<u64>(body), guard.rax, guard.rcx, guard.rdx,
              guard.rflags >> 16 & 1, guard.dr6);
    return vector;
}

void trace(const char* name, void (*sequence)(), u32 limit) {
    static StepLog log;
    log = {};
    log.limit = limit;
    this_processor().steps = &log;
    sequence();
    this_processor().steps = nullptr;
    print("exits trace %s: %u events:", name, log.count);
    for (u32 i = 0; i < log.count && i < sizeof log.steps / sizeof log.steps[0]; ++i)
        print(" %u@+%llx/%x", log.steps[i].vector, log.steps[i].rip - reinterpret_cast<u64>(sequence),
              log.steps[i].dr6);
    print("\n");
}

namespace {

NADIR_ABI u32 trace_all(void*, u32 processor) {
    print("exits on processor %u\n", processor);
    const u32 spurious = enable_local_apic();
    trace_instructions();
    trace_registers();
    about("%s", "");
    trace_events();
    trace_register_events();
    trace_user();
    trace_system_calls();
    trace_io();
    trace_wrap();
    trace_tlb();
    trace_alias();
    trace_kept_state();
    trace_delivery();
    restore_local_apic(spurious);
    return 0;
}

} // namespace

const char* run_trace(const Options&) {
    for (u32 i = 0; i < processor_count(); ++i)
        run_on(i, trace_all, nullptr);
    trace_alias_on_all();
    sweep_msrs();
    return nullptr;
}

} // namespace nadir::conformance
