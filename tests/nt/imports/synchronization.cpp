// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Events, mutexes, waits.
#include "tests/nt/image/call.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

void check_object(const DispatcherHeader* object, const char* what) {
    const bool known = object->type == object_notification_event || object->type == object_synchronization_event ||
                       object->type == object_mutant || object->type == object_thread;
    if (!known || object->size == 0)
        violation(rule::object, last_caller(), "%s of something that was never initialised", what);
}

NADIR_NT_ABI void KeInitializeEvent(Event* event, u32 type, u8 state) {
    event->header = {static_cast<u8>(type & 1), 0, sizeof(Event) / 4, 0, state != 0, {nullptr, nullptr}};
    event->header.wait_list = {&event->header.wait_list, &event->header.wait_list};
}

NADIR_NT_ABI i32 KeSetEvent(Event* event, i32, u8 wait) {
    check_object(&event->header, "KeSetEvent");
    if (wait != 0)
        violation(rule::object, last_caller(), "KeSetEvent with Wait, which isn't followed by one");
    return signal(event->header, 1);
}

NADIR_NT_ABI void KeInitializeMutex(Mutant* mutant, u32) {
    *mutant = {{object_mutant, 0, sizeof(Mutant) / 4, 0, 1, {nullptr, nullptr}}, {nullptr, nullptr}, nullptr, 0, 1, {}};
}

NADIR_NT_ABI i32 KeReleaseMutex(Mutant* mutant, u8) {
    check_object(&mutant->header, "KeReleaseMutex");
    const i32 before = mutant->header.signal_state;
    if (!release_mutant(*mutant))
        violation(rule::object, last_caller(), "KeReleaseMutex by a thread that doesn't hold it");
    return before;
}

// Relative times are negative, in units of 100 ns.
u64 ticks_of(const i64* timeout) {
    if (timeout == nullptr)
        return for_ever;
    if (*timeout > 0)
        violation(rule::object, last_caller(), "an absolute time to wait for: this kernel knows no date");
    return round_up(static_cast<u64>(-*timeout), units_per_tick) / units_per_tick;
}

NADIR_NT_ABI Status KeWaitForSingleObject(DispatcherHeader* object, u32, u32, u8, const i64* timeout) {
    check_object(object, "KeWaitForSingleObject");
    const u64 ticks = ticks_of(timeout);
    if (ticks != 0 && irql() > apc_level)
        violation(rule::irql, last_caller(), "KeWaitForSingleObject that may wait at IRQL %u", irql());
    return wait_for(*object, ticks);
}

} // namespace

Imports synchronization_imports() {
    static const Import table[] = {
        {"KeInitializeEvent", reinterpret_cast<const void*>(&KeInitializeEvent), high_level, any_interrupt_flag},
        {"KeSetEvent", reinterpret_cast<const void*>(&KeSetEvent), dispatch_level, 0},
        {"KeInitializeMutex", reinterpret_cast<const void*>(&KeInitializeMutex), high_level, any_interrupt_flag},
        {"KeReleaseMutex", reinterpret_cast<const void*>(&KeReleaseMutex), dispatch_level, 0},
        {"KeWaitForSingleObject", reinterpret_cast<const void*>(&KeWaitForSingleObject), dispatch_level, 0},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
