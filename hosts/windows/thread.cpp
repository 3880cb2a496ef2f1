// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/windows/thread.h"

namespace nadir::windows {

bool TurnThread::begin(KSTART_ROUTINE* routine, PVOID context) {
    KeInitializeEvent(&end_, NotificationEvent, FALSE);
    OBJECT_ATTRIBUTES attributes{};
    attributes.Length = sizeof(attributes);
    attributes.Attributes = OBJ_KERNEL_HANDLE;
    HANDLE handle = nullptr;
    if (!NT_SUCCESS(
            PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, nullptr, nullptr, routine, context))) {
        return false;
    }
    // What a kernel handle of our own to a thread of our own refers to can't be refused.
    (void)ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, nullptr, KernelMode, &thread_, nullptr);
    ZwClose(handle);
    return true;
}

void TurnThread::cancel() {
    if (thread_ != nullptr) {
        KeSetEvent(&end_, 0, FALSE);
    }
}

void TurnThread::end() {
    if (thread_ == nullptr) {
        return;
    }
    cancel();
    KeWaitForSingleObject(thread_, Executive, KernelMode, FALSE, nullptr);
    ObfDereferenceObject(thread_);
    thread_ = nullptr;
}

bool TurnThread::wait(ULONG milliseconds) {
    LARGE_INTEGER timeout;
    timeout.QuadPart = -10'000 * LONGLONG{milliseconds}; // from now on, in units of 100 nanoseconds
    return KeWaitForSingleObject(&end_, Executive, KernelMode, FALSE, &timeout) == STATUS_TIMEOUT;
}

} // namespace nadir::windows
