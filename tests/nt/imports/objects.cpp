// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Handles and references.
#include "tests/nt/abi/io.h"
#include "tests/nt/image/call.h"
#include "tests/nt/imports/handles.h"
#include "tests/nt/imports/imports.h"
#include "tests/nt/imports/ledger.h"
#include "tests/nt/imports/security.h"
#include "tests/nt/kernel/scheduler.h"
#include "tests/nt/kernel/violation.h"

namespace nadir::nt {

namespace {

constexpr u16 device_type = 3;
u64 next_handle = 0xFFFF'FFFF'8000'0004;

// Threads are kept as long as somebody refers to them.
void count_reference(void* object, i32 change) {
    auto* header = static_cast<DispatcherHeader*>(object);
    if (header->type == object_thread && header->size == sizeof(Thread) / 4 % 256)
        reinterpret_cast<Thread*>(object)->references += static_cast<u32>(change);
}

void* object_of(Handle handle, const char* what) {
    void* object = nullptr;
    for_each_holding(Holding::handle, [&](const Entry& entry) {
        if (entry.key == handle)
            object = reinterpret_cast<void*>(entry.detail);
    });
    if (object == nullptr)
        violation(rule::object, last_caller(), "%s with %llx, which is no handle, or not any more", what, handle);
    return object;
}

NADIR_NT_ABI Status ObOpenObjectByPointer(void* object, u32 attributes, void*, u32, void*, u8, Handle* handle) {
    constexpr u32 kernel_handle = 0x200;
    if ((attributes & kernel_handle) == 0)
        violation(rule::object, last_caller(),
                  "ObOpenObjectByPointer without OBJ_KERNEL_HANDLE: a user's process may own the handle");
    if (fails_now("ObOpenObjectByPointer"))
        return status::insufficient_resources;
    *handle = open_handle(object);
    return status::success;
}

NADIR_NT_ABI Status ObReferenceObjectByHandle(Handle handle, u32, void*, u8, void** object, void*) {
    *object = object_of(handle, "ObReferenceObjectByHandle");
    note_reference(*object);
    return status::success;
}

NADIR_NT_ABI i64 ObfReferenceObject(void* object) {
    note_reference(object);
    return 2;
}

NADIR_NT_ABI i64 ObfDereferenceObject(void* object) {
    Entry entry;
    if (!take_holding(Holding::reference, reinterpret_cast<u64>(object), entry))
        violation(rule::object, last_caller(), "ObfDereferenceObject of %llx, to which the driver holds no reference",
                  reinterpret_cast<u64>(object));
    count_reference(object, -1);
    return 1;
}

NADIR_NT_ABI Status ZwClose(Handle handle) {
    void* object = object_of(handle, "ZwClose");
    Entry entry;
    take_holding(Holding::handle, handle, entry);
    count_reference(object, -1);
    return status::success;
}

NADIR_NT_ABI Status ZwSetSecurityObject(Handle handle, u32 information, const void* descriptor) {
    constexpr u32 dacl_information = 4;
    auto* device = static_cast<DeviceObject*>(object_of(handle, "ZwSetSecurityObject"));
    if (device->type != device_type || information != dacl_information)
        violation(rule::security, last_caller(), "ZwSetSecurityObject of something else than a device's DACL");
    if (fails_now("ZwSetSecurityObject"))
        return status::access_denied;
    set_dacl(*device, descriptor);
    return status::success;
}

} // namespace

Handle open_handle(void* object) {
    const Handle handle = __atomic_fetch_add(&next_handle, 4, __ATOMIC_RELAXED);
    note_holding(Holding::handle, handle, reinterpret_cast<u64>(object));
    count_reference(object, 1);
    return handle;
}

void note_reference(void* object) {
    note_holding(Holding::reference, reinterpret_cast<u64>(object));
    count_reference(object, 1);
}

Imports object_imports() {
    static const Import table[] = {
        {"ObOpenObjectByPointer", reinterpret_cast<const void*>(&ObOpenObjectByPointer), apc_level, may_fail},
        {"ObReferenceObjectByHandle", reinterpret_cast<const void*>(&ObReferenceObjectByHandle), passive_level, 0},
        {"ObfReferenceObject", reinterpret_cast<const void*>(&ObfReferenceObject), dispatch_level, 0},
        {"ObfDereferenceObject", reinterpret_cast<const void*>(&ObfDereferenceObject), dispatch_level, 0},
        {"ZwClose", reinterpret_cast<const void*>(&ZwClose), passive_level, 0},
        {"ZwSetSecurityObject", reinterpret_cast<const void*>(&ZwSetSecurityObject), passive_level, may_fail},
    };
    return {table, sizeof table / sizeof table[0]};
}

} // namespace nadir::nt
