// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=gdb gdb=PORT: something to debug. All processors run in circles through functions with names, until the debugger says that it is
// enough: set var nadir_gdb_over = 1. What the system itself is to do meanwhile, it asks for by nadir_gdb_wish.
#include "hosts/bare/host.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/memory.h"
#include "hosts/bare/programs/programs.h"

namespace {
constexpr nadir::bare::u64 trap_flag = 0x100;
constexpr nadir::bare::u32 end_of_page = 4096;
} // namespace

extern "C" {

volatile nadir::bare::u32 nadir_gdb_over = 0;
volatile nadir::bare::u64 nadir_gdb_rounds[nadir::bare::maximum_processors];
volatile nadir::bare::u64 nadir_gdb_seen_flags = 0;
// The last processor writes across the end of the first page.
alignas(end_of_page) volatile nadir::bare::u8 nadir_gdb_pages[2 * end_of_page];

// 'h': hook nadir_gdb_other; 'e': end the hook; 'w': watch the second page's last byte; 'q': end that
// 'a': the last processor leaves VMX operation; 'b': it is back, and has gone round twice
// 'o': does the watchdog find a processor overdue? (1)
volatile nadir::bare::u32 nadir_gdb_wish = 0;
volatile nadir::bare::u64 nadir_gdb_hits = 0; // of the hook

// The debugger stops here; its argument is in a register, and its result, too.
[[gnu::noinline, gnu::used]] nadir::bare::u64 nadir_gdb_work(nadir::bare::u64 number) {
    asm volatile("" : "+r"(number));
    return number * 3 + 1;
}

[[gnu::noinline, gnu::used]] nadir::bare::u64 nadir_gdb_other(nadir::bare::u64 number) {
    asm volatile("" : "+r"(number));
    return number + 7;
}

// The wish has been fulfilled, or refused.
[[gnu::noinline, gnu::used]] void nadir_gdb_done(nadir::bare::u32 status) { asm volatile("" : : "r"(status)); }

// What a guest would find of a debugger: the trap flag, breakpoint registers, another byte where a breakpoint is.
[[gnu::noinline, gnu::used]] nadir::bare::u64 nadir_gdb_traces() {
    nadir::bare::u64 flags = 0;
    nadir::bare::u64 dr7 = 0;
    asm volatile("pushfq; pop %0" : "=r"(flags));
    asm volatile("mov %%dr7, %0" : "=r"(dr7));
    const auto* code = reinterpret_cast<const volatile nadir::bare::u8*>(&nadir_gdb_work);
    return (flags & trap_flag) | (dr7 & 0xFF) << 16 | nadir::bare::u64{code[0] == 0xCC} << 32;
}

// Instructions that read or write the flags, for steps. What they found of the trap flag, and it is to be nothing.
[[gnu::noinline, gnu::used]] nadir::bare::u64 nadir_gdb_flags() {
    nadir::bare::u64 first = 0;
    nadir::bare::u64 second = 0;
    nadir::bare::u64 third = 0;
    asm volatile(
        "pushfq\n\tpop %0\n\tpush %0\n\tpopfq\n\tpushfq\n\tpop %1\n\t"
        "pushfq\n\tsti\n\tcli\n\tpopfq\n\t"
        "mov %%rsp, %2\n\tmov %%ss, %%ecx\n\tpush %%rcx\n\tpush %2\n\tpushfq\n\tmov %%cs, %%ecx\n\tpush %%rcx\n\t"
        "lea 1f(%%rip), %%rcx\n\tpush %%rcx\n\tiretq\n1:\n\tpushfq\n\tpop %2"
        : "=&r"(first), "=&r"(second), "=&r"(third)
        :
        : "rcx", "memory", "cc");
    return (first | second | third) & trap_flag;
}
}

namespace nadir::bare {

namespace {

nadir_session* running = nullptr;

void count_hits() {
    nadir_hook_state state{};
    nadir_hooks_read(running, 0, &state);
    nadir_gdb_hits = state.hits;
}

volatile u32 is_away = 0; // the last processor is to be

u32 last_processor() { return processor_count() - 1; }

// On that processor.
void come_and_go(u32 number) {
    static nadir_report report;
    const bool is_on = nadir_processor_active(running, number) != 0;
    if (is_on && is_away != 0)
        nadir_leave_processor(running, number);
    else if (!is_on && is_away == 0)
        nadir_enter_processor(running, number, &report);
}

u32 send_away() {
    is_away = 1;
    while (nadir_processor_active(running, last_processor()) != 0)
        pause();
    return NADIR_OK;
}

u32 bring_back() {
    is_away = 0;
    while (nadir_processor_active(running, last_processor()) == 0)
        pause();
    const u64 target = nadir_gdb_rounds[last_processor()] + 3;
    while (nadir_gdb_rounds[last_processor()] < target)
        pause();
    return NADIR_OK;
}

u32 fulfil(u32 wish) {
    static nadir_report report;
    const nadir_hook hook{physical_address(reinterpret_cast<const void*>(&nadir_gdb_other)), 0, NADIR_HOOK_BREAKPOINT,
                          0};
    const u64 last = physical_address(const_cast<const u8*>(nadir_gdb_pages)) + sizeof(nadir_gdb_pages) - 1;
    const nadir_memory_range range{last, last, NADIR_MEMORY_WRITE, 0};
    switch (wish) {
    case 'h': return nadir_hooks_begin(running, &hook, 1, &report);
    case 'e': count_hits(); return nadir_hooks_end(running, &report);
    case 'w': return watch_memory(running, &range, 1, report);
    case 'q': return nadir_events_end(running, &report);
    case 'a': return send_away();
    case 'b': return bring_back();
    case 'o': return look_for_overdue(running) == NADIR_ANY_PROCESSOR ? 0 : 1;
    default: return NADIR_BAD_ARGUMENT;
    }
}

void listen() {
    if (nadir_gdb_wish == 0)
        return;
    const u32 status = fulfil(nadir_gdb_wish);
    nadir_gdb_wish = 0;
    nadir_gdb_done(status);
}

void write_across_pages(u64 value) {
    asm volatile("movq %1, %0"
                 : "=m"(nadir_gdb_pages[end_of_page - 4])
                 : "r"(value << 32 | (value & 0xFFFF'FFFF))
                 : "memory");
    nadir_gdb_pages[8] = static_cast<u8>(value);
}

NADIR_ABI u32 run_in_circles(void*, u32 number) {
    u64 value = number;
    while (nadir_gdb_over == 0) {
        value = nadir_gdb_other(nadir_gdb_work(value));
        nadir_gdb_seen_flags = nadir_gdb_seen_flags | nadir_gdb_traces() | nadir_gdb_flags();
        nadir_gdb_rounds[number] = nadir_gdb_rounds[number] + 1;
        if (number == last_processor())
            write_across_pages(nadir_gdb_rounds[number]);
        if (number == 0)
            listen();
        else if (number == last_processor())
            come_and_go(number);
    }
    return 0;
}

} // namespace

const char* run_gdb(const Options& options) {
    if (options.core.gdb_port == 0)
        return "give gdb=PORT, the I/O port of the UART that GDB is at the other end of";
    u32 status = NADIR_OK;
    running = start_nadir(options, status);
    if (running == nullptr)
        return "Nadir didn't start";
    for (u32 i = 1; i < processor_count(); ++i)
        begin_on(i, run_in_circles, nullptr);
    run_in_circles(nullptr, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        wait_for(i);
    print("traces %llx\nhits %llu\n", nadir_gdb_seen_flags, nadir_gdb_hits);
    return stop_nadir(running) == NADIR_OK ? nullptr : "Nadir didn't stop";
}

} // namespace nadir::bare
