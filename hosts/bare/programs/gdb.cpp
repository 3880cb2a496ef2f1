// SPDX-License-Identifier: MIT OR GPL-2.0-only
// test=gdb gdb=PORT hook_pages=N: something to debug. All processors run in circles through functions with names, until the
// debugger says that it is enough: set var nadir_gdb_over = 1
#include "hosts/bare/host.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "hosts/bare/programs/programs.h"

extern "C" {

volatile nadir::bare::u32 nadir_gdb_over = 0;
volatile nadir::bare::u64 nadir_gdb_rounds[nadir::bare::maximum_processors];
volatile nadir::bare::u64 nadir_gdb_seen_flags = 0;

// The debugger stops here; its argument is in a register, and its result, too.
[[gnu::noinline, gnu::used]] nadir::bare::u64 nadir_gdb_work(nadir::bare::u64 number) {
    asm volatile("" : "+r"(number));
    return number * 3 + 1;
}

// What a guest would find of a debugger: the trap flag, breakpoint registers, another byte where a breakpoint is.
[[gnu::noinline, gnu::used]] nadir::bare::u64 nadir_gdb_traces() {
    nadir::bare::u64 flags = 0;
    nadir::bare::u64 dr7 = 0;
    asm volatile("pushfq; pop %0" : "=r"(flags));
    asm volatile("mov %%dr7, %0" : "=r"(dr7));
    constexpr nadir::bare::u64 trap_flag = 0x100;
    const auto* code = reinterpret_cast<const volatile nadir::bare::u8*>(&nadir_gdb_work);
    return (flags & trap_flag) | (dr7 & 0xFF) << 16 | nadir::bare::u64{code[0] == 0xCC} << 32;
}
}

namespace nadir::bare {

namespace {

NADIR_ABI u32 run_in_circles(void*, u32 number) {
    u64 value = number;
    while (nadir_gdb_over == 0) {
        value = nadir_gdb_work(value);
        nadir_gdb_seen_flags = nadir_gdb_seen_flags | nadir_gdb_traces();
        nadir_gdb_rounds[number] = nadir_gdb_rounds[number] + 1;
    }
    return 0;
}

} // namespace

const char* run_gdb(const Options& options) {
    if (options.core.gdb_port == 0)
        return "give gdb=PORT, the I/O port of the UART that GDB is at the other end of";
    u32 status = NADIR_OK;
    nadir_session* session = start_nadir(options, status);
    if (session == nullptr)
        return "Nadir didn't start";
    for (u32 i = 1; i < processor_count(); ++i)
        begin_on(i, run_in_circles, nullptr);
    run_in_circles(nullptr, 0);
    for (u32 i = 1; i < processor_count(); ++i)
        wait_for(i);
    print("traces %llx\n", nadir_gdb_seen_flags);
    return stop_nadir(session) == NADIR_OK ? nullptr : "Nadir didn't stop";
}

} // namespace nadir::bare
