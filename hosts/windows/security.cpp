// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/host.h"
#include "hosts/windows/sections.h"
#include "hosts/windows/security_descriptor.h"

namespace nadir::windows {

namespace {

constinit SecurityDescriptor descriptor{};

} // namespace

NADIR_INIT_CODE NTSTATUS restrict_to_administrators(void* object) {
    HANDLE handle = nullptr;
    const NTSTATUS status =
        ObOpenObjectByPointer(object, OBJ_KERNEL_HANDLE, nullptr, WRITE_DAC, nullptr, KernelMode, &handle);
    if (!NT_SUCCESS(status)) {
        return status;
    }
    const NTSTATUS set = ZwSetSecurityObject(handle, DACL_SECURITY_INFORMATION, &descriptor);
    ZwClose(handle);
    return set;
}

} // namespace nadir::windows
