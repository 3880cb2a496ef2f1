// SPDX-License-Identifier: MIT OR GPL-2.0-only
// One NTSTATUS for several: what matters to a program that has no report.
#include "hosts/windows/status.h"

namespace nadir::windows {

NTSTATUS resembling(nadir_u32 status) {
    switch (status) {
    case NADIR_OK: return STATUS_SUCCESS;
    case NADIR_NOT_INTEL_VMX:
    case NADIR_LOCKED_OFF:
    case NADIR_UNDER_HYPERVISOR: return STATUS_HV_FEATURE_UNAVAILABLE;
    case NADIR_CONTROL_MISSING:
    case NADIR_FIXED_BITS:
    case NADIR_UNSUPPORTED_FEATURE: return STATUS_NOT_SUPPORTED;
    case NADIR_IN_POSSESSION:
    case NADIR_BUSY: return STATUS_DEVICE_BUSY;
    case NADIR_NO_MEMORY: return STATUS_INSUFFICIENT_RESOURCES;
    case NADIR_TOO_MANY_PROCESSORS: return STATUS_TOO_MANY_NODES;
    case NADIR_PROCESSOR_OFFLINE: return STATUS_DEVICE_NOT_READY;
    case NADIR_INJECTED: return STATUS_CANCELLED;
    case NADIR_ALREADY_ON:
    case NADIR_ALREADY_OFF: return STATUS_INVALID_DEVICE_STATE;
    case NADIR_BAD_VERSION: return STATUS_REVISION_MISMATCH;
    case NADIR_BAD_SIZE: return STATUS_INFO_LENGTH_MISMATCH;
    case NADIR_BAD_ARGUMENT: return STATUS_INVALID_PARAMETER;
    default: return STATUS_IO_DEVICE_ERROR;
    }
}

} // namespace nadir::windows
