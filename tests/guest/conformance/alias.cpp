// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Code that is written at one linear address and executed at another: on each processor, and written by another one. The
// page is the same memory for reads, writes and fetches. [SDM3 "Handling Self- and Cross-Modifying Code"]
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"
#include "tests/guest/conformance/window.h"

namespace nadir::conformance {

namespace {

u8* page; // where it is executed

// MOV EAX, value; RET, by the other address.
void write_code(u32 value) {
    u8* alias = show(reinterpret_cast<u64>(page));
    alias[0] = 0xB8;
    __builtin_memcpy(alias + 1, &value, sizeof value);
    alias[5] = 0xC3;
}

u32 execute() {
    cpuid(0); // serializes, as the manual wants it of a processor whose code another has changed
    return reinterpret_cast<u32 (*)()>(page)();
}

NADIR_ABI u32 execute_here(void*, u32) { return execute(); }

} // namespace

void trace_alias() {
    page = static_cast<u8*>(allocate(page_size));
    if (page == nullptr)
        return;
    make_executable(reinterpret_cast<u64>(page));
    for (u32 round = 1; round <= 3; ++round) {
        write_code(round * 0x1111);
        print("exits alias written %x: executed %x, read %x\n", round * 0x1111, execute(), page[1]);
    }
    release(page, page_size);
}

// The first processor writes, each executes.
void trace_alias_on_all() {
    page = static_cast<u8*>(allocate(page_size));
    if (page == nullptr)
        return;
    for (u32 round = 1; round <= 2; ++round) {
        write_code(round * 0x2222);
        for (u32 i = 0; i < processor_count(); ++i)
            print("exits alias of another %x: processor %u executed %x\n", round * 0x2222, i,
                  run_on(i, execute_here, nullptr));
    }
    release(page, page_size);
}

} // namespace nadir::conformance
