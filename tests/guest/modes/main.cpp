// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A kernel that stays outside long mode and prints what instructions, faults and task switches do there: to be run bare and
// under Nadir, and compared. It knows nothing of Nadir.
#include "tests/guest/modes/pieces.h"

extern "C" {
extern const unsigned char other_start[];
extern const unsigned char other_end[];
}

namespace nadir::modes {

namespace {

void trace() {
    write_cr0(0x11); // PE, ET: firmware may leave more
    reset_descriptors();
    trace_real_mode();
    trace_segments();
    trace_v86();
    trace_paging();
    trace_long_mode();
    trace_tasks();
}

volatile u32 arrived; // processors so far

void trace_on(u32 number) {
    print("modes on processor %u\n", number);
    trace();
}

void wait(u32 rounds) {
    for (u32 i = 0; i < rounds; ++i)
        asm volatile("pause");
}

void send(u32 apic_id, u32 command) {
    apic(0x310) = apic_id << 24;
    apic(0x300) = command;
}

// Starts the processor with this APIC number and waits, halted, until it has traced. False: there is none.
bool trace_elsewhere(u32 apic_id) {
    const u32 before = arrived;
    send(apic_id, 0x4500); // INIT
    wait(20'000);
    send(apic_id, 0x4608); // start-up at 8000H
    wait(20'000);
    send(apic_id, 0x4608);
    wait(50'000);
    if (arrived == before)
        return false;
    run([](void*) { asm volatile("sti; hlt"); }, nullptr);
    apic(0xB0) = 0; // end of interrupt
    return true;
}

void trace_on_others() {
    auto* page = reinterpret_cast<u8*>(0x8000);
    asm("" : "+r"(page));
    __builtin_memcpy(page, other_start, static_cast<usize>(other_end - other_start));
    apic(0xF0) = apic(0xF0) | 0x1FF; // on
    for (u32 apic_id = 1; trace_elsewhere(apic_id); ++apic_id) {
    }
}

} // namespace

// The others begin here.
extern "C" void modes_on_another() {
    arrived = arrived + 1;
    trace_on(arrived);
    send(0, wake_vector | 0x4000);
}

extern "C" void modes_main() {
    open_console();
    out8(0x21, 0xFF); // no interrupts of the 8259s
    out8(0xA1, 0xFF);
    copy_low_code();
    trace_on(0);
    trace_on_others();
    print("modes on %u processors\n", arrived + 1);
    finish(nullptr);
}

} // namespace nadir::modes
