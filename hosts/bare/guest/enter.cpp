// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/guest/guest.h"
#include "hosts/bare/machine/apic.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/machine/startup.h"
#include "hosts/bare/options.h"

namespace nadir::bare {

namespace {

extern "C" const u8 leave_start[];
extern "C" const u8 leave_end[];
extern "C" const u8 leave_data[];

nadir_session* the_session; // for processors that the guest starts
u32 entering;

// A processor that the guest's start-up IPI took out of INIT, outside VMX operation and in our code, for the page that the
// IPI names is one of ours. It enters VMX operation, and only then begins where the guest wants it to.
void enter_again(Processor* self, u32 vector) {
    static nadir_report report;
    while (__atomic_exchange_n(&entering, 1u, __ATOMIC_ACQUIRE) != 0) // one at a time
        pause();
    become(*self);
    if (nadir_enter_processor(the_session, self->number, &report) != NADIR_OK) {
        print("nadir: processor %u: %s\n", self->number, report.text);
        finish(false, "a processor of the guest can't be virtualised");
    }
    __atomic_store_n(&entering, 0u, __ATOMIC_RELEASE);
    nadir_start_up(the_session, vector);
}

// Out of VMX operation, where INIT is nothing special; it is INIT that ends this.
NADIR_ABI u32 wait_for_init(void* session, u32 number) {
    if (session != nullptr)
        nadir_leave_processor(static_cast<nadir_session*>(session), number);
    __atomic_store_n(&processor(number).running, 0u, __ATOMIC_RELEASE);
    for (;;)
        asm volatile("cli; hlt");
}

// To where the guest expects them: waiting for its start-up IPI.
void hand_over_others(nadir_session* session) {
    for (u32 i = 1; i < processor_count(); ++i) {
        Processor& other = processor(i);
        if (other.running == 0)
            continue;
        hand_over(i, wait_for_init, session);
        while (__atomic_load_n(&other.running, __ATOMIC_ACQUIRE) != 0)
            pause();
        send_ipi(other.apic_id, icr_init);
    }
    wait_microseconds(10'000);
}

} // namespace

nadir_session* start_under_guest(const nadir_options& options, u64 low_end) {
    nadir_report report{};
    u64 low = 0;
    if (processor_count() > 1) {
        void* copy = allocate(low_end);
        if (copy == nullptr)
            finish(false, "no room for the guest's low memory (see reserve=)");
        u64 zero = 0;
        asm("" : "+r"(zero)); // hidden from the compiler, which takes address 0 for a null pointer
        __builtin_memcpy(copy, reinterpret_cast<const void*>(zero), low_end);
        low = reinterpret_cast<u64>(copy);
        prepare_startup_everywhere(enter_again, low_end);
    }
    const u32 status = nadir_start_with_low_memory(&options, low != 0 ? low_end : 0, low, &the_session, &report);
    if (status != NADIR_OK && the_session != nullptr) {
        nadir_release(the_session);
        the_session = nullptr;
    }
    print("start: status %u (%s) %s\n", report.status, nadir_status_text(report.status), report.text);
    return the_session;
}

bool watch_guest(nadir_session* session, u32 kinds) {
    nadir_report report{};
    const nadir_event_filter filter{kinds, 0, {}, 0, 0, {}};
    const u32 status = nadir_events_begin(session, &filter, &report);
    print("events: status %u (%s) %s\n", report.status, nadir_status_text(report.status), report.text);
    return status == NADIR_OK;
}

bool hook_guest(nadir_session* session, const u64* addresses, u32 count) {
    nadir_report report{};
    static nadir_hook hooks[maximum_hooks];
    for (u32 i = 0; i < count; ++i)
        hooks[i] = {addresses[i], 0, NADIR_HOOK_BREAKPOINT, 0};
    const u32 status = nadir_hooks_begin(session, hooks, count, &report);
    print("hooks: %u, status %u (%s) %s\n", count, report.status, nadir_status_text(report.status), report.text);
    return status == NADIR_OK;
}

void enter_guest(nadir_session* session, const GuestEntry& entry) {
    auto* page = static_cast<u8*>(allocate(page_size));
    if (page == nullptr)
        finish(false, "no memory for the last step");
    make_executable(reinterpret_cast<u64>(page));
    __builtin_memcpy(page, leave_start, static_cast<usize>(leave_end - leave_start));
    __builtin_memcpy(page + (leave_data - leave_start), &entry, sizeof entry);
    hand_over_others(session);
    asm volatile("jmp *%0" : : "r"(page), "D"(page) : "memory");
    __builtin_unreachable();
}

} // namespace nadir::bare
