// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A kernel that stays outside long mode and prints what instructions, faults and task switches do there: to be run bare and
// under Nadir, and compared. It knows nothing of Nadir.
#include "tests/guest/modes/pieces.h"

extern "C" {
extern const unsigned char other_start[];
extern const unsigned char other_end[];
volatile unsigned arrived; // other processors, each with its number
volatile unsigned turn;    // whose turn it is to trace
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

void wait(u32 rounds) {
    for (u32 i = 0; i < rounds; ++i)
        asm volatile("pause");
}

void start_others() {
    auto* page = reinterpret_cast<u8*>(0x8000);
    asm("" : "+r"(page));
    __builtin_memcpy(page, other_start, static_cast<usize>(other_end - other_start));
    auto* icr = reinterpret_cast<volatile u32*>(0xFEE0'0300);
    *icr = 0x000C'4500; // INIT to all others
    wait(20'000);
    *icr = 0x000C'4608; // start-up at 8000H
    wait(20'000);
    *icr = 0x000C'4608;
    wait(200'000);
}

} // namespace

extern "C" void modes_on_processor(u32 number) {
    print("modes on processor %u\n", number);
    trace();
}

extern "C" void modes_main() {
    open_console();
    out8(0x21, 0xFF); // no interrupts of the 8259s
    out8(0xA1, 0xFF);
    copy_low_code();
    modes_on_processor(0);
    start_others();
    for (u32 i = 1; i <= arrived; ++i) {
        turn = i;
        while (turn == i)
            asm volatile("pause");
    }
    print("modes on %u processors\n", arrived + 1);
    finish(nullptr);
}

} // namespace nadir::modes
