// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode can't call Windows, so its log is a ring that somebody has to read: a thread, once a second while Nadir is on.
#include "base/format.h"
#include "hosts/windows/host.h"
#include "hosts/windows/thread.h"

#include <limits>

namespace nadir::windows {

namespace {

constexpr ULONG pool_tag = 0x7264614E; // "Nadr", as tools show it

// A burst in root mode must not become a flood of debug output: what's beyond is read one second later, or lost.
constexpr unsigned batches_per_turn = 4;
constexpr unsigned no_limit = std::numeric_limits<unsigned>::max();
constexpr ULONG turn = 1000; // milliseconds

// The next sequence number wanted of each processor, and at last that of the host's own log. With the lock held.
constinit nadir_u32* next = nullptr;
constinit nadir_u32 processors = 0;
constinit nadir_log_request request{};

constinit TurnThread thread{};

void print_record(const nadir_log_record& record) {
    char text[960];
    base::Writer writer{text};
    if (record.processor != static_cast<nadir_u16>(NADIR_ANY_PROCESSOR)) {
        writer.text("processor ").decimal(record.processor).text(": ");
    }
    nadir_format_log_record(&record, text + writer.length(), sizeof(text) - writer.length());
    nadir_host_print(record.level, text);
}

void drain_processor(nadir_u32 processor, nadir_u32& cursor, unsigned batches) {
    for (; batches != 0; --batches) {
        __builtin_memset(&request, 0, sizeof(request));
        request.processor = processor;
        request.next = cursor;
        if (read_log(request) != NADIR_OK) {
            return;
        }
        if (request.lost != 0) {
            print(NADIR_LEVEL_WARNING, "{d} log records of processor {d} were overwritten before they were read",
                  {request.lost, processor});
        }
        for (nadir_u32 i = 0; i < request.count && i < NADIR_LOG_BATCH; ++i) {
            print_record(request.records[i]);
            explain_record(request.records[i]);
        }
        cursor = request.next;
        if (request.count < NADIR_LOG_BATCH) {
            return;
        }
    }
}

void drain_all(unsigned batches) {
    for (nadir_u32 i = 0; i < processors; ++i) {
        drain_processor(i, next[i], batches);
    }
    drain_processor(NADIR_ANY_PROCESSOR, next[processors], batches);
}

// Who holds the lock may be waiting for this thread to end, or reads the log himself: so it never waits for the lock.
void drain_by_turns(PVOID) {
    while (thread.wait(turn)) {
        if (SessionLock::try_take()) {
            drain_all(batches_per_turn);
            SessionLock::release();
        }
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

} // namespace

void drain_begin() {
    processors = nadir_host_processor_count();
    const SIZE_T bytes = (SIZE_T{processors} + 1) * sizeof(*next);
    next = static_cast<nadir_u32*>(ExAllocatePoolWithTag(NonPagedPoolNx, bytes, pool_tag));
    if (next != nullptr) {
        __builtin_memset(next, 0, bytes);
        drain_all(batches_per_turn);
    }
    if (next == nullptr || !thread.begin(drain_by_turns, nullptr)) {
        print(NADIR_LEVEL_WARNING, "no memory to follow the log of root mode; `nadir log` reads it");
    }
}

void drain_cancel() { thread.cancel(); }

void drain_end() {
    thread.end();
    if (next != nullptr) {
        drain_all(no_limit);
        ExFreePoolWithTag(next, pool_tag);
        next = nullptr;
    }
}

} // namespace nadir::windows
