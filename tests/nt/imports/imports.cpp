// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/nt/imports/imports.h"

#include "hosts/bare/machine/text.h"
#include "tests/nt/image/call.h"
#include "tests/nt/image/image.h"
#include "tests/nt/image/pageable.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

extern "C" const u8 nt_import_stubs[192][16]; // stubs.S
constexpr u32 maximum_imports = 192;

const Import* table[maximum_imports];
u32 count;

u32 failures_wanted;
bool failed;
const char* failed_name = "";

void fill_table() {
    const Imports parts[] = {debug_imports(),           executive_imports(), io_imports(),
                             memory_imports(),          object_imports(),    processor_imports(),
                             synchronization_imports(), thread_imports()};
    for (const Imports& part : parts)
        for (u32 i = 0; i < part.count; ++i)
            table[count++] = part.first + i;
}

u64 find(const char* name) {
    if (count == 0)
        fill_table();
    for (u32 i = 0; i < count; ++i)
        if (bare::same_text(table[i]->name, name))
            return reinterpret_cast<u64>(nt_import_stubs[i]);
    return 0;
}

void check_stack(const Import& import, u64 caller, u64 stack) {
    const Thread& thread = this_thread();
    const u64 nmi_stack = this_cpu().descriptors.tss.ist[ist_nmi - 1];
    if (this_cpu().in_nmi && stack < nmi_stack && stack > nmi_stack - page_size)
        return;
    if (stack < reinterpret_cast<u64>(thread.stack_low) || stack >= reinterpret_cast<u64>(thread.stack_high))
        violation(rule::stack, caller, "%s called on a stack that isn't its thread's (%llx)", import.name, stack);
    if (stack % 16 != 8)
        violation(rule::stack, caller, "%s called with a stack that isn't aligned to 16 bytes (%llx)", import.name,
                  stack);
}

} // namespace

// Called by stubs.S, with interrupts as the driver has them.
extern "C" const void* nt_check_import(u64 index, u64 caller, u64 stack) {
    const Import& import = *table[index];
    if (const char* why = wrong_state())
        violation(rule::state, caller, "%s called while %s", import.name, why);
    note_caller(caller);
    check_stack(import, caller, stack);
    const u32 level = irql();
    if (level > import.highest)
        violation(rule::irql, caller, "%s called at IRQL %u, where 0 to %u are allowed", import.name, level,
                  static_cast<u32>(import.highest));
    if ((bare::read_rflags() & bare::rflags_if) == 0 && (import.flags & any_interrupt_flag) == 0)
        violation(rule::irql, caller, "%s called with interrupts off", import.name);
    return import.implementation;
}

bool is_known_module(const char* name) {
    return bare::same_text(name, "ntoskrnl.exe") || bare::same_text(name, "HAL.dll") ||
           bare::same_text(name, "hal.dll");
}

u64 resolve_import(const char* name) { return find(name); }

bool fail_import(u32 number) {
    const bool before = failed;
    failures_wanted = number;
    failed = false;
    failed_name = "";
    return before;
}

bool import_has_failed() { return failed; }

const char* failed_import() { return failed_name; }

bool fails_now(const char* name) {
    if (failures_wanted == 0 || --failures_wanted != 0)
        return false;
    failed = true;
    failed_name = name;
    return true;
}

} // namespace nadir::nt
