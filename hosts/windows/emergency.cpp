// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Windows stops with a bug check. The processor that reports it leaves VMX operation, so that what writes the dump runs on a
// bare processor and finds Nadir's memory as it is. The others are held by the system by then, wherever they were; they stay
// guests until the reset, and root mode needs nothing of the system that died.
#include "hosts/windows/host.h"
#include "hosts/windows/instructions.h"
#include "hosts/windows/machine.h"

namespace nadir::windows {

namespace {

constinit KBUGCHECK_REASON_CALLBACK_RECORD record{};
constinit UCHAR component[] = "Nadir";

// On a processor of a dying system: at HIGH_LEVEL, no lock may be taken. The system calls it to ask for
// additions to the dump, once or more often. We have none. Microsoft documents no order among the reasons, nor whether this one
// comes before the first page is written; KbCallbackAddPages is documented for kernel and full dumps only, this one without
// such a limit, so it is what a small dump has, too. When it comes, only a real Windows can show.
void system_dies(KBUGCHECK_CALLBACK_REASON, KBUGCHECK_REASON_CALLBACK_RECORD*, PVOID data, ULONG size) {
    if (data != nullptr && size >= sizeof(KBUGCHECK_SECONDARY_DUMP_DATA)) {
        static_cast<KBUGCHECK_SECONDARY_DUMP_DATA*>(data)->OutBufferLength = 0;
    }
    nadir_session* session = running_session();
    const nadir_u32 processor = KeGetCurrentProcessorNumberEx(nullptr);
    const InterruptsOff off;
    if (session != nullptr && nadir_processor_active(session, processor) != 0) {
        (void)nadir_leave_processor(session, processor);
    }
}

} // namespace

bool emergency_init() {
    return KeRegisterBugCheckReasonCallback(&record, system_dies, KbCallbackSecondaryDumpData, component) != FALSE;
}

void emergency_exit() { KeDeregisterBugCheckReasonCallback(&record); }

} // namespace nadir::windows
