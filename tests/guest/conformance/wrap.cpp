// SPDX-License-Identifier: MIT OR GPL-2.0-only
// An instruction that ends at 4 GiB: outside 64-bit mode the next one is at 0, in 64-bit mode it isn't. One page of memory is
// mapped both as the last page below 4 GiB and as page 0 meanwhile.
#include "hosts/bare/machine/descriptors.h"
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "tests/guest/conformance/trace.h"
#include "tests/guest/conformance/tables.h"

namespace nadir::conformance {

namespace {

extern "C" void enter_user(u64 rip, u64 rsp, u64 rax, u64 rcx, u64 cs, u64 ss);

constexpr u64 bytes = 4 * page_size; // two page tables, the page of code, a stack

struct Entry {
    u64 rip;
    u64 rsp;
    u64 rax;
    u64 code;
};

void enter(void* argument) {
    const Entry& e = *static_cast<const Entry*>(argument);
    enter_user(e.rip, e.rsp, e.rax, 0, e.code, selector_data);
}

void trace_at_the_end(const char* name, u64 rax, u64 code, u64 stack_top) {
    constexpr u64 last = 0xFFFF'FFFE;
    Entry entry{last, stack_top, rax, code};
    FaultGuard guard{};
    const u32 vector = guarded(guard, enter, &entry);
    print("exits wrap %s: exception %u at %llx rax %llx\n", name, vector, guard.rip, guard.rax);
}

} // namespace

void trace_wrap() {
    constexpr u64 last_part = 0xFFE0'0000;
    auto* memory = static_cast<u8*>(allocate(bytes));
    if (memory == nullptr)
        return;
    auto* tables = reinterpret_cast<u64*>(memory);
    u8* page = memory + 2 * page_size;
    const u64 stack_top = reinterpret_cast<u64>(memory) + bytes;
    fill_table(tables, last_part, 511, reinterpret_cast<u64>(page));
    fill_table(tables + 512, 0, 0, reinterpret_cast<u64>(page));
    // A jump, and UD2 where it leads to: the jump makes the emulator show its instruction pointer as it really is.
    constexpr u32 target = 0x10;
    page[0] = 0xEB;
    page[1] = target - 2;
    page[target] = 0x0F;
    page[target + 1] = 0x0B;
    u64& high = directory_entry(last_part);
    u64& low = directory_entry(0);
    const u64 high_before = high;
    const u64 low_before = low;
    high = reinterpret_cast<u64>(tables) | present_and_writable;
    low = reinterpret_cast<u64>(tables + 512) | present_and_writable;
    write_cr3(read_cr3());
    constexpr struct {
        const char* name;
        u8 code[2];
        u64 rax;
    } cases[] = {{"cpuid 0", {0x0F, 0xA2}, 0}, {"cpuid 1", {0x0F, 0xA2}, 1}, {"invd", {0x0F, 0x08}, 5}};
    for (const auto& c : cases) {
        page[0xFFE] = c.code[0];
        page[0xFFF] = c.code[1];
        trace_at_the_end(c.name, c.rax, selector_code32, stack_top);
        trace_at_the_end("in 64-bit mode", c.rax, selector_code, stack_top);
    }
    high = high_before;
    low = low_before;
    write_cr3(read_cr3());
    release(memory, bytes);
}

} // namespace nadir::conformance
