// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What lies in a driver's own memory for the kernel to use: sizes and beginnings as in 64-bit Windows.
#pragma once

#include "tests/nt/abi/types.h"

namespace nadir::nt {

enum ObjectType : u8 {
    object_notification_event = 0,
    object_synchronization_event = 1,
    object_mutant = 2,
    object_semaphore = 5,
    object_thread = 6,
};

struct DispatcherHeader {
    u8 type;
    u8 signalling;
    u8 size; // in units of 4 bytes
    u8 reserved;
    i32 signal_state;
    ListEntry wait_list;
};
static_assert(sizeof(DispatcherHeader) == 0x18);

struct Event {
    DispatcherHeader header;
};

struct Mutant {
    DispatcherHeader header;
    ListEntry mutants;
    void* owner;
    u8 abandoned;
    u8 apc_disable;
    u8 rest[6];
};
static_assert(sizeof(Mutant) == 0x38);

struct ProcessorNumber {
    u16 group;
    u8 number;
    u8 reserved;
};

struct GroupAffinity {
    u64 mask;
    u16 group;
    u16 reserved[3];
};
static_assert(sizeof(GroupAffinity) == 16);

// [KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT]
enum ProcessorChange : u32 { processor_add_start = 0, processor_add_complete = 1, processor_add_failure = 2 };
struct ProcessorChangeContext {
    u32 state;
    u32 index; // NtNumber
    Status status;
    ProcessorNumber number;
};
static_assert(sizeof(ProcessorChangeContext) == 16);
using ProcessorChangeCallback = void(NADIR_NT_ABI*)(void* context, ProcessorChangeContext* change, Status* answer);

using ObjectCallback = void(NADIR_NT_ABI*)(void* context, void* argument1, void* argument2);
constexpr u64 power_state_lock = 3; // PO_CB_SYSTEM_STATE_LOCK; the second argument: 0 leaves S0, 1 is back in it

struct BugCheckReasonRecord {
    ListEntry entry;
    void* routine;
    const char* component;
    u64 checksum;
    u32 reason;
    u8 state;
};
static_assert(sizeof(BugCheckReasonRecord) == 0x30);
using BugCheckReasonCallback = void(NADIR_NT_ABI*)(u32 reason, BugCheckReasonRecord* record, void* data, u32 bytes);

struct ObjectAttributes {
    u32 length;
    Handle root;
    UnicodeString* name;
    u32 attributes;
    void* security_descriptor;
    void* quality_of_service;
};
static_assert(sizeof(ObjectAttributes) == 0x30);

} // namespace nadir::nt
