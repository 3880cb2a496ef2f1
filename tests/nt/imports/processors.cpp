// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Processors and their groups: numbers, threads that move from one to another, callbacks for those that come later.
#include "tests/nt/imports/processors.h"

#include "hosts/bare/machine/print.h"
#include "tests/nt/image/call.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u16 all_groups = 0xFFFF;
constexpr u32 add_existing = 1; // KE_PROCESSOR_CHANGE_ADD_EXISTING

struct Registration {
    ProcessorChangeCallback callback;
    void* context;
};

u32 count_of(u32 processors, u16 group) {
    u32 count = 0;
    for (u32 i = 0; i < processors; ++i)
        count += group == all_groups || number_of(i).group == group ? 1 : 0;
    return count;
}

NADIR_NT_ABI u32 KeQueryMaximumProcessorCountEx(u16 group) { return count_of(maximum_cpus(), group); }
NADIR_NT_ABI u32 KeQueryActiveProcessorCountEx(u16 group) { return count_of(active_cpus(), group); }

NADIR_NT_ABI Status KeGetProcessorNumberFromIndex(u32 index, ProcessorNumber* number) {
    if (index >= active_cpus())
        return status::invalid_parameter;
    *number = number_of(index);
    return status::success;
}

NADIR_NT_ABI u32 KeGetCurrentProcessorNumberEx(ProcessorNumber* number) {
    if (number != nullptr)
        *number = number_of(this_cpu().index);
    return this_cpu().index;
}

u64 indices_of(const GroupAffinity& affinity) {
    u64 indices = 0;
    for (u32 i = 0; i < active_cpus(); ++i)
        if (number_of(i).group == affinity.group && (affinity.mask >> number_of(i).number & 1) != 0)
            indices |= 1ull << i;
    return indices;
}

GroupAffinity affinity_of(u64 indices) {
    GroupAffinity affinity{};
    for (u32 i = 0; i < active_cpus(); ++i)
        if ((indices >> i & 1) != 0 && (affinity.mask == 0 || number_of(i).group == affinity.group)) {
            affinity.group = number_of(i).group;
            affinity.mask |= 1ull << number_of(i).number;
        }
    return affinity;
}

// The thread's own affinity is kept until it is reverted to: only the outermost call gives something to go back to.
NADIR_NT_ABI void KeSetSystemGroupAffinityThread(const GroupAffinity* affinity, GroupAffinity* previous) {
    const u64 indices = indices_of(*affinity);
    if (indices == 0 || affinity->reserved[0] != 0 || affinity->reserved[1] != 0 || affinity->reserved[2] != 0)
        violation(
            rule::affinity, last_caller(),
            "KeSetSystemGroupAffinityThread to group %u mask %llx, which isn't there, or with reserved fields set",
            static_cast<u32>(affinity->group), affinity->mask);
    Thread& thread = this_thread();
    if (previous != nullptr)
        *previous = thread.system_affinity ? affinity_of(thread.allowed) : GroupAffinity{};
    if (!thread.system_affinity)
        thread.user_allowed = thread.allowed;
    thread.system_affinity = true;
    set_affinity(indices);
}

NADIR_NT_ABI void KeRevertToUserGroupAffinityThread(const GroupAffinity* previous) {
    Thread& thread = this_thread();
    if (!thread.system_affinity)
        violation(rule::affinity, last_caller(),
                  "KeRevertToUserGroupAffinityThread without KeSetSystemGroupAffinityThread");
    if (previous->mask != 0) {
        set_affinity(indices_of(*previous));
        return;
    }
    thread.system_affinity = false;
    set_affinity(thread.user_allowed);
}

void tell(const Registration& registration, u32 state, u32 index, Status* answer) {
    ProcessorChangeContext context{state, index, status::success, number_of(index)};
    call_driver("the processor change callback", reinterpret_cast<const void*>(registration.callback),
                reinterpret_cast<u64>(registration.context), reinterpret_cast<u64>(&context),
                reinterpret_cast<u64>(answer));
}

NADIR_NT_ABI void* KeRegisterProcessorChangeCallback(ProcessorChangeCallback callback, void* context, u32 flags) {
    if (fails_now("KeRegisterProcessorChangeCallback"))
        return nullptr;
    auto* registration = new_object<Registration>();
    *registration = {callback, context};
    for (u32 i = 0; (flags & add_existing) != 0 && i < active_cpus(); ++i) {
        Status answer = status::success;
        tell(*registration, processor_add_start, i, &answer);
        if (!succeeded(answer))
            return nullptr;
        tell(*registration, processor_add_complete, i, &answer);
    }
    note_holding(Holding::processor_callback, reinterpret_cast<u64>(registration));
    return registration;
}

NADIR_NT_ABI void KeDeregisterProcessorChangeCallback(void* registration) {
    Entry entry;
    if (!take_holding(Holding::processor_callback, reinterpret_cast<u64>(registration), entry))
        violation(rule::object, last_caller(), "KeDeregisterProcessorChangeCallback of what isn't registered");
}

void tell_all(u32 state, u32 index, Status& answer) {
    for_each_holding(Holding::processor_callback, [&](const Entry& entry) {
        Status own = status::success;
        tell(*reinterpret_cast<const Registration*>(entry.key), state, index, &own);
        if (!succeeded(own))
            answer = own;
    });
}

} // namespace

bool hot_add() {
    const u32 index = next_cpu();
    Status answer = status::success;
    tell_all(processor_add_start, index, answer);
    if (!succeeded(answer)) {
        bare::print("the driver refuses processor %u: %x\n", index, answer);
        tell_all(processor_add_failure, index, answer);
        return false;
    }
    add_cpu();
    tell_all(processor_add_complete, index, answer);
    return true;
}

Imports processor_imports() {
    constexpr u32 anywhere = any_interrupt_flag;
    static const Import table[] = {
        {"KeQueryMaximumProcessorCountEx", reinterpret_cast<const void*>(&KeQueryMaximumProcessorCountEx), high_level,
         anywhere},
        {"KeQueryActiveProcessorCountEx", reinterpret_cast<const void*>(&KeQueryActiveProcessorCountEx), high_level,
         anywhere},
        {"KeGetProcessorNumberFromIndex", reinterpret_cast<const void*>(&KeGetProcessorNumberFromIndex), high_level,
         anywhere},
        {"KeGetCurrentProcessorNumberEx", reinterpret_cast<const void*>(&KeGetCurrentProcessorNumberEx), high_level,
         anywhere},
        {"KeSetSystemGroupAffinityThread", reinterpret_cast<const void*>(&KeSetSystemGroupAffinityThread), apc_level,
         0},
        {"KeRevertToUserGroupAffinityThread", reinterpret_cast<const void*>(&KeRevertToUserGroupAffinityThread),
         apc_level, 0},
        {"KeRegisterProcessorChangeCallback", reinterpret_cast<const void*>(&KeRegisterProcessorChangeCallback),
         passive_level, may_fail},
        {"KeDeregisterProcessorChangeCallback", reinterpret_cast<const void*>(&KeDeregisterProcessorChangeCallback),
         passive_level, 0},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
