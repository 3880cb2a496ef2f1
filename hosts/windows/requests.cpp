// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The requests of \\.\Nadir, one at a time. hosts/windows/ioctl.h says what fails how.
#include "hosts/windows/host.h"
#include "hosts/windows/ioctl.h"
#include "hosts/windows/machine.h"
#include "hosts/windows/sections.h"
#include "hosts/windows/status.h"

namespace nadir::windows {

namespace {

// Each is given the whole structure, the function's own, and the open file that asks.
using Answer = nadir_u32(void* request, const void* file);

// The system is asked to tell what happens to the machine when there is something to lose by it, and without the lock.
NADIR_PAGED_CODE nadir_u32 answer_on(void* data, const void*) {
    auto& request = *static_cast<nadir_on_request*>(data);
    const nadir_u32 status = start(request.options, request.report);
    return status == NADIR_OK ? follow_machine(request.report) : status;
}

NADIR_PAGED_CODE nadir_u32 answer_off(void* data, const void*) {
    return stop(static_cast<nadir_off_request*>(data)->report);
}

NADIR_PAGED_CODE nadir_u32 answer_state(void* data, const void*) {
    const SessionLock held;
    return state(static_cast<nadir_state_request*>(data)->state);
}

NADIR_PAGED_CODE nadir_u32 answer_statistics(void* data, const void*) {
    auto& request = *static_cast<nadir_statistics_request*>(data);
    const SessionLock held;
    return statistics(request.processor, request.statistics);
}

NADIR_PAGED_CODE nadir_u32 answer_log(void* data, const void*) {
    const SessionLock held;
    return read_log(*static_cast<nadir_log_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_capabilities(void* data, const void*) {
    read_capabilities(static_cast<nadir_capabilities_request*>(data)->capabilities);
    return NADIR_OK;
}

NADIR_PAGED_CODE nadir_u32 answer_vmcs(void* data, const void*) {
    auto& request = *static_cast<nadir_vmcs_request*>(data);
    const SessionLock held;
    return read_vmcs(request.processor, request.vmcs);
}

NADIR_PAGED_CODE nadir_u32 answer_recorder(void* data, const void*) {
    const SessionLock held;
    return read_recorder(*static_cast<nadir_recorder_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_rules(void* data, const void*) {
    const SessionLock held;
    return change_rules(*static_cast<nadir_rules_request*>(data));
}

// Which code may be hooked, and when it goes, nobody finds out here yet: so there are no hooks.
NADIR_PAGED_CODE nadir_u32 refuse_hooks(nadir_report& report) {
    return host_report(report, NADIR_HOOKS_NOT_HERE, {"Hooks can't be set under Windows yet: nothing was changed."});
}

NADIR_PAGED_CODE nadir_u32 answer_hooks_set(void* data, const void*) {
    return refuse_hooks(static_cast<nadir_hooks_set_request*>(data)->report);
}

NADIR_PAGED_CODE nadir_u32 answer_hooks_clear(void* data, const void*) {
    auto& request = *static_cast<nadir_hooks_clear_request*>(data);
    request.removed = 0;
    return refuse_hooks(request.report);
}

NADIR_PAGED_CODE nadir_u32 answer_hooks_list(void* data, const void*) {
    auto& request = *static_cast<nadir_hooks_list_request*>(data);
    request.count = 0;
    request.total = 0;
    __builtin_memset(request.hooks, 0, sizeof(request.hooks));
    return NADIR_OK;
}

NADIR_PAGED_CODE nadir_u32 answer_extension(void* data, const void*) {
    const SessionLock held;
    return read_extension(*static_cast<nadir_extension_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_memory_read(void* data, const void*) {
    return read_memory(*static_cast<nadir_memory_read_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_memory_space(void* data, const void*) {
    return read_address_space(*static_cast<nadir_memory_space_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_memory_ept(void* data, const void*) {
    const SessionLock held;
    return read_ept(*static_cast<nadir_memory_ept_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_events_begin(void* data, const void* file) {
    auto& request = *static_cast<nadir_events_begin_request*>(data);
    const SessionLock held;
    return events_begin(file, request.filter, request.report);
}

NADIR_PAGED_CODE nadir_u32 answer_events_read(void* data, const void* file) {
    const SessionLock held;
    return events_read(file, *static_cast<nadir_events_read_request*>(data));
}

NADIR_PAGED_CODE nadir_u32 answer_events_end(void* data, const void* file) {
    const SessionLock held;
    return events_end(file, static_cast<nadir_events_end_request*>(data)->report);
}

NADIR_PAGED_CODE nadir_u32 answer_provoke(void* data, const void*) {
    return provoke(static_cast<nadir_provoke_request*>(data)->provocation);
}

struct Function {
    nadir_u32 code;
    Answer* answer;
    nadir_u32 size;
    nadir_u32 report; // offset of the report in the structure, 0 for none
};

constexpr Function functions[] = {
    {NADIR_IOCTL_ON, answer_on, sizeof(nadir_on_request), offsetof(nadir_on_request, report)},
    {NADIR_IOCTL_OFF, answer_off, sizeof(nadir_off_request), offsetof(nadir_off_request, report)},
    {NADIR_IOCTL_STATE, answer_state, sizeof(nadir_state_request), 0},
    {NADIR_IOCTL_STATISTICS, answer_statistics, sizeof(nadir_statistics_request), 0},
    {NADIR_IOCTL_LOG, answer_log, sizeof(nadir_log_request), 0},
    {NADIR_IOCTL_CAPABILITIES, answer_capabilities, sizeof(nadir_capabilities_request), 0},
    {NADIR_IOCTL_VMCS, answer_vmcs, sizeof(nadir_vmcs_request), 0},
    {NADIR_IOCTL_RECORDER, answer_recorder, sizeof(nadir_recorder_request), 0},
    {NADIR_IOCTL_EVENTS_BEGIN, answer_events_begin, sizeof(nadir_events_begin_request),
     offsetof(nadir_events_begin_request, report)},
    {NADIR_IOCTL_EVENTS_READ, answer_events_read, sizeof(nadir_events_read_request), 0},
    {NADIR_IOCTL_EVENTS_END, answer_events_end, sizeof(nadir_events_end_request),
     offsetof(nadir_events_end_request, report)},
    {NADIR_IOCTL_RULES, answer_rules, sizeof(nadir_rules_request), offsetof(nadir_rules_request, report)},
    {NADIR_IOCTL_HOOKS_SET, answer_hooks_set, sizeof(nadir_hooks_set_request),
     offsetof(nadir_hooks_set_request, report)},
    {NADIR_IOCTL_HOOKS_CLEAR, answer_hooks_clear, sizeof(nadir_hooks_clear_request),
     offsetof(nadir_hooks_clear_request, report)},
    {NADIR_IOCTL_HOOKS_LIST, answer_hooks_list, sizeof(nadir_hooks_list_request), 0},
    {NADIR_IOCTL_EXTENSION, answer_extension, sizeof(nadir_extension_request), 0},
    {NADIR_IOCTL_MEMORY_READ, answer_memory_read, sizeof(nadir_memory_read_request),
     offsetof(nadir_memory_read_request, report)},
    {NADIR_IOCTL_MEMORY_SPACE, answer_memory_space, sizeof(nadir_memory_space_request),
     offsetof(nadir_memory_space_request, report)},
    {NADIR_IOCTL_MEMORY_EPT, answer_memory_ept, sizeof(nadir_memory_ept_request),
     offsetof(nadir_memory_ept_request, report)},
    {NADIR_IOCTL_PROVOKE, answer_provoke, sizeof(nadir_provoke_request), 0},
};

// The function whose control code this is exactly: with our device type, method and access.
NADIR_PAGED_CODE const Function* find_function(nadir_u32 code) {
    for (const Function& function : functions) {
        if (function.code == code) {
            return &function;
        }
    }
    return nullptr;
}

NADIR_PAGED_CODE NTSTATUS answer(const Function& function, void* request, const void* file) {
    const auto& header = *static_cast<const nadir_header*>(request);
    if (header.version != NADIR_CONTROL_VERSION) {
        return STATUS_REVISION_MISMATCH;
    }
    if (header.size != function.size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    const nadir_u32 status = function.answer(request, file);
    return function.report != 0 ? STATUS_SUCCESS : resembling(status);
}

NADIR_PAGED_CODE NTSTATUS understand(IRP& irp, ULONG_PTR& information) {
    const IO_STACK_LOCATION& location = *IoGetCurrentIrpStackLocation(&irp);
    const auto& parameters = location.Parameters.DeviceIoControl;
    const Function* function = find_function(parameters.IoControlCode);
    if (function == nullptr) {
        return STATUS_INVALID_DEVICE_REQUEST;
    }
    if (parameters.InputBufferLength != function->size || parameters.OutputBufferLength != function->size) {
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    // The I/O manager's copy: the caller can't change it in mid-request, nor take it away by closing its handle.
    const NTSTATUS status = answer(*function, irp.AssociatedIrp.SystemBuffer, location.FileObject);
    information = NT_SUCCESS(status) ? function->size : 0;
    return status;
}

} // namespace

NADIR_PAGED_CODE NTSTATUS answer_request(IRP& irp) {
    ULONG_PTR information = 0;
    const NTSTATUS status = understand(irp, information);
    irp.IoStatus.Status = status;
    irp.IoStatus.Information = information;
    IoCompleteRequest(&irp, IO_NO_INCREMENT);
    return status;
}

} // namespace nadir::windows
