// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Callback objects, bug check callbacks, and routines by name.
#include "tests/nt/imports/executive.h"

#include "tests/nt/abi/objects.h"
#include "tests/nt/image/call.h"
#include "tests/nt/image/image.h"
#include "tests/nt/imports/handles.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/kernel/cpu.h"
#include "tests/nt/kernel/text.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

u64 power_state; // the callback object itself: only its address counts

struct Registration {
    ObjectCallback callback;
    void* context;
};
Registration registrations[16];
void (*last_moment)();

Registration* new_registration(ObjectCallback callback, void* context) {
    for (Registration& each : registrations)
        if (each.callback == nullptr) {
            each = {callback, context};
            return &each;
        }
    violation(rule::leak, last_caller(), "more callbacks than a driver of this kind needs");
}

NADIR_NT_ABI Status ExCreateCallback(void** callback, const ObjectAttributes* attributes, u8, u8) {
    if (fails_now("ExCreateCallback"))
        return status::insufficient_resources;
    if (attributes->name == nullptr || !same_name(*attributes->name, u"\\Callback\\PowerState"))
        violation(rule::object, last_caller(), "ExCreateCallback of another object than \\Callback\\PowerState");
    *callback = &power_state;
    note_reference(&power_state);
    return status::success;
}

NADIR_NT_ABI void* ExRegisterCallback(void* callback, ObjectCallback function, void* context) {
    if (callback != &power_state)
        violation(rule::object, last_caller(), "ExRegisterCallback with what isn't a callback object");
    if (fails_now("ExRegisterCallback"))
        return nullptr;
    Registration* registration = new_registration(function, context);
    note_holding(Holding::callback, reinterpret_cast<u64>(registration));
    return registration;
}

NADIR_NT_ABI void ExUnregisterCallback(void* registration) {
    if (last_moment != nullptr) {
        void (*what)() = last_moment;
        last_moment = nullptr;
        what();
    }
    Entry entry;
    if (!take_holding(Holding::callback, reinterpret_cast<u64>(registration), entry))
        violation(rule::object, last_caller(), "ExUnregisterCallback of what isn't registered");
    static_cast<Registration*>(registration)->callback = nullptr;
}

NADIR_NT_ABI u8 KeRegisterBugCheckReasonCallback(BugCheckReasonRecord* record, void* routine, u32 reason,
                                                 const char* component) {
    constexpr u32 secondary_dump_data = 2;
    constexpr u32 last_reason = 5;
    if (fails_now("KeRegisterBugCheckReasonCallback"))
        return 0;
    if (record->state != 0)
        return 0; // not initialised, or registered already
    if (reason < secondary_dump_data || reason > last_reason)
        violation(rule::object, last_caller(), "a bug check callback for reason %u", reason);
    const LoadedSection* section = find_section(reinterpret_cast<u64>(routine));
    if (section == nullptr || section->kind != SectionKind::resident)
        violation(rule::paged, last_caller(), "a bug check callback that isn't in resident code");
    *record = {{nullptr, nullptr}, routine, component, 0, reason, 1};
    note_holding(Holding::bug_check_callback, reinterpret_cast<u64>(record));
    return 1;
}

NADIR_NT_ABI u8 KeDeregisterBugCheckReasonCallback(BugCheckReasonRecord* record) {
    Entry entry;
    if (!take_holding(Holding::bug_check_callback, reinterpret_cast<u64>(record), entry))
        return 0;
    record->state = 0;
    return 1;
}

NADIR_NT_ABI void* KeRegisterNmiCallback(const void* callback, void* context) {
    if (fails_now("KeRegisterNmiCallback"))
        return nullptr;
    const LoadedSection* section = find_section(reinterpret_cast<u64>(callback));
    if (section == nullptr || section->kind != SectionKind::resident)
        violation(rule::paged, last_caller(), "an NMI callback that isn't in resident code");
    Registration* registration =
        new_registration(reinterpret_cast<ObjectCallback>(const_cast<void*>(callback)), context);
    note_holding(Holding::nmi_callback, reinterpret_cast<u64>(registration));
    return registration;
}

NADIR_NT_ABI Status KeDeregisterNmiCallback(void* registration) {
    Entry entry;
    if (!take_holding(Holding::nmi_callback, reinterpret_cast<u64>(registration), entry))
        violation(rule::object, last_caller(), "KeDeregisterNmiCallback of what isn't registered");
    static_cast<Registration*>(registration)->callback = nullptr;
    return status::success;
}

} // namespace

void before_callbacks_end(void (*what)()) { last_moment = what; }

void notify_power(u64 argument1, u64 argument2) {
    for_each_holding(Holding::callback, [&](const Entry& entry) {
        const auto& registration = *reinterpret_cast<const Registration*>(entry.key);
        call_driver("the power callback", reinterpret_cast<const void*>(registration.callback),
                    reinterpret_cast<u64>(registration.context), argument1, argument2);
    });
}

u32 call_bug_check_callbacks() {
    u32 called = 0;
    for_each_holding(Holding::bug_check_callback, [&](const Entry& entry) {
        auto* record = reinterpret_cast<BugCheckReasonRecord*>(entry.key);
        u64 data[8] = {};
        call_driver("the bug check callback", record->routine, record->reason, entry.key, reinterpret_cast<u64>(data),
                    sizeof data);
        ++called;
    });
    return called;
}

bool call_nmi_callbacks() {
    bool handled = false;
    for_each_holding(Holding::nmi_callback, [&](const Entry& entry) {
        const auto& registration = *reinterpret_cast<const Registration*>(entry.key);
        const u64 answer = call_driver("the NMI callback", reinterpret_cast<const void*>(registration.callback),
                                       reinterpret_cast<u64>(registration.context), handled ? 1 : 0);
        handled = (answer & 0xFF) != 0;
    });
    return handled;
}

Imports executive_imports() {
    static const Import table[] = {
        {"ExCreateCallback", reinterpret_cast<const void*>(&ExCreateCallback), apc_level, may_fail},
        {"ExRegisterCallback", reinterpret_cast<const void*>(&ExRegisterCallback), apc_level, may_fail},
        {"ExUnregisterCallback", reinterpret_cast<const void*>(&ExUnregisterCallback), apc_level, 0},
        {"KeRegisterBugCheckReasonCallback", reinterpret_cast<const void*>(&KeRegisterBugCheckReasonCallback),
         high_level, any_interrupt_flag | may_fail},
        {"KeDeregisterBugCheckReasonCallback", reinterpret_cast<const void*>(&KeDeregisterBugCheckReasonCallback),
         high_level, any_interrupt_flag},
        {"KeRegisterNmiCallback", reinterpret_cast<const void*>(&KeRegisterNmiCallback), apc_level, may_fail},
        {"KeDeregisterNmiCallback", reinterpret_cast<const void*>(&KeDeregisterNmiCallback), apc_level, 0},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
