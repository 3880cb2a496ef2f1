// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the files of the Windows host share.
//
// One lock. The running session comes and goes only with it held. Who may not wait (the bug check, the drain of the log)
// looks without it: `running` changes after a session has become whole, and before it is taken apart.
#pragma once

#include "core/nadir.h"
#include "hosts/windows/nt/nt.h"

#include <string_view>

namespace nadir::windows {

// session.cpp: the one session of this machine. All are passive, unless they say otherwise.
void session_init();

class SessionLock {
public:
    SessionLock();
    ~SessionLock();
    SessionLock(const SessionLock&) = delete;
    SessionLock& operator=(const SessionLock&) = delete;
    // Takes the lock if nobody has it.
    static bool try_take();
    static void release();
};

// They take the lock and return an enum nadir_status.
nadir_u32 start(const nadir_options& options, nadir_report& report);
nadir_u32 stop(nadir_report& report);
// With the lock held.
nadir_u32 stop_locked(nadir_report& report);

// The running session, null when off. Any context.
nadir_session* running_session();
// The running session, or the last one, while it can still be asked what happened; with the lock held.
nadir_session* known_session();
nadir_u64 successful_starts();

// Why Nadir has to be off and stay off. Each holds until it is taken back by itself: a wake says nothing of an unload.
enum class Hindrance { unload, shutdown, sleep };
// Stops, and refuses to start from now on; a refused start is told why.
void block(Hindrance why);
// The system is back from wherever it went: sleep's hindrance and shutdown's are gone. Starts Nadir again, as it was started
// last, if it was on when the first of them came.
void resume();
// When the driver goes: forgets the last run. Answers: does nothing of Nadir remain in this machine?
bool release_session();

// Writes a report of the host's own making, the parts of its text one behind the other, and returns `status`.
nadir_u32 host_report(nadir_report& report, nadir_status status, std::initializer_list<std::string_view> text);

// questions.cpp: what can be asked of the session; with the lock held. The answers come from the last run when it is off.
nadir_u32 state(nadir_state& out);
nadir_u32 statistics(nadir_u32 processor, nadir_statistics& out);
nadir_u32 read_log(nadir_log_request& request);
nadir_u32 read_vmcs(nadir_u32 processor, nadir_vmcs& out);
nadir_u32 read_extension(nadir_extension_request& request);
nadir_u32 read_recorder(nadir_recorder_request& request);
nadir_u32 change_rules(nadir_rules_request& request);
nadir_u32 read_memory(nadir_memory_read_request& request);
nadir_u32 read_address_space(nadir_memory_space_request& request);
nadir_u32 read_ept(nadir_memory_ept_request& request);
void read_capabilities(void* capabilities);
void explain_record(const nadir_log_record& record);
// For tests: root mode makes this mistake on the processor that asks, which is lost by it. Without the lock.
nadir_u32 provoke(nadir_u32 provocation);

// events.cpp: `who` is the open file that asks. With the lock held.
nadir_u32 events_begin(const void* who, const nadir_event_filter& filter, nadir_report& report);
nadir_u32 events_read(const void* who, nadir_events_read_request& request);
nadir_u32 events_end(const void* who, nadir_report& report);
// The session was stopped: whoever has its events learns it when it reads. It is going to be released.
void events_stopped();
void events_forget();

// print.cpp: a line of the kernel's debug output, with "nadir: " before it. As for nadir_host_print.
void print(nadir_u32 level, std::string_view pattern, std::initializer_list<nadir_u64> numbers = {});
// The same with words behind the line.
void print_words(nadir_u32 level, std::string_view line, const char* words);

// seam.cpp: what nadir_host_allocate has given and not got back, in bytes.
nadir_u64 allocated_bytes();

// requests.cpp: the device's requests; completes the IRP.
NTSTATUS answer_request(IRP& irp);

// device.cpp: \\.\Nadir.
NTSTATUS device_init(DRIVER_OBJECT& driver);
void device_exit();

// security.cpp: lets nobody but administrators and the system open this object of the kernel's. Passive.
NTSTATUS restrict_to_administrators(void* object);

// drain.cpp: the records of root mode go to the debug output. watchdog.cpp: a processor that hangs in root mode is found.
// With the lock held. To cancel is all that can be done where a processor is lost: it may be the one that has the thread.
void drain_begin();
void drain_cancel();
void drain_end();
void watchdog_begin();
void watchdog_cancel();
void watchdog_end();

} // namespace nadir::windows
