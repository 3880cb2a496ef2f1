// SPDX-License-Identifier: MIT OR GPL-2.0-only
// SYSCALL and SYSRET: what the entry finds, where they return to, and what they refuse.
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

extern "C" {
extern const u8 calls_start[];
extern const u8 calls_end[];
extern u64 call_seen[8];
extern u64 call_goes_narrow;
void call_entry();
void enter_user(u64 rip, u64 rsp, u64 rax, u64 rcx, u64 cs, u64 ss);
}

constexpr u32 msr_star = 0xC000'0081;
constexpr u32 msr_lstar = 0xC000'0082;
constexpr u32 msr_fmask = 0xC000'0084;
constexpr u64 efer_sce = 1;
constexpr u32 piece_bytes = 64;
constexpr const char* pieces[] = {"", " with prefixes", " across pages", ": sysret at cpl 3", " with lock"};

struct Entry {
    u64 rip;
    u64 rsp;
    Processor* processor;
};

void enter(void* argument) {
    const Entry& e = *static_cast<const Entry*>(argument);
    // From CPL 3, the exception comes in below what is in use of this stack.
    u64 rsp;
    asm volatile("movq %%rsp, %0" : "=r"(rsp));
    e.processor->descriptors.tss.rsp[0] = round_down(rsp - 1024, 16);
    enter_user(e.rip, e.rsp, 1, 0, selector_user_code, selector_user_data);
}

void trace_call(const char* how, const char* name, u64 code, u64 rip, u64 stack_top) {
    for (u64& word : call_seen)
        word = 0;
    Entry entry{rip, stack_top, &this_processor()};
    FaultGuard guard{};
    const u32 vector = guarded(guard, enter, &entry);
    print("exits system call%s%s: %llu calls rax %llx from +%llx r11 %llx rflags %llx cs %llx ss %llx rsp -%llx\n", how,
          name, call_seen[7], call_seen[0], call_seen[7] != 0 ? call_seen[1] - code : 0, call_seen[2], call_seen[3],
          call_seen[4], call_seen[5], call_seen[7] != 0 ? stack_top - call_seen[6] : 0);
    print("exits system call%s%s: exception %u error %x at +%llx cs %llx ss %llx rflags %llx\n", how, name, vector,
          guard.error_code, guard.rip - code, guard.rax, guard.rdx, guard.rflags);
}

void trace_calls(const char* how, u64 code, u64 stack_top) {
    for (u32 i = 0; i < sizeof pieces / sizeof pieces[0]; ++i)
        trace_call(how, pieces[i], code, code + i * piece_bytes, stack_top);
}

// What SYSRET refuses at CPL 0. Where it isn't refused it would go to user mode for good.
void trace_refused() {
    probe("sysret to an address that is not canonical", {0, 0, 1ull << 62, 0}, NADIR_INSTRUCTION("sysretq"));
    write_msr(msr_efer, read_msr(msr_efer) & ~efer_sce);
    probe("syscall without sce", {0, 0, 0, 0}, NADIR_INSTRUCTION("syscall"));
    probe("sysret without sce", {0, 0, 0, 0}, NADIR_INSTRUCTION("sysretq"));
    print("exits system call: efer %llx\n", read_msr(msr_efer));
    write_msr(msr_efer, read_msr(msr_efer) | efer_sce);
    print("exits system call: efer %llx\n", read_msr(msr_efer));
}

} // namespace

void trace_system_calls() {
    constexpr u64 bytes = 3 * page_size; // the code, where it goes on, and a stack above it
    constexpr u64 masked = 0x4'0700;     // AC, DF, IF, TF
    auto* memory = static_cast<u8*>(allocate(bytes));
    if (memory == nullptr)
        return;
    const u64 address = reinterpret_cast<u64>(memory);
    for (u64 offset = 0; offset < bytes; offset += page_size) {
        make_executable(address + offset);
        allow_user(address + offset, true);
    }
    __builtin_memcpy(memory, calls_start, static_cast<usize>(calls_end - calls_start));
    // The second piece from the end of the first page on: SYSCALL's two bytes are on both sides.
    static constexpr u8 across[] = {0x0F, 0x05, 0x8C, 0xC8, 0x8C, 0xD2, 0x0F, 0x0B};
    __builtin_memcpy(memory + page_size - 1, across, sizeof across);
    const u64 rsp0 = this_processor().descriptors.tss.rsp[0];
    const u64 saved[] = {read_msr(msr_efer), read_msr(msr_star), read_msr(msr_lstar), read_msr(msr_fmask)};
    // SYSRET's code selectors are this one and, for 64-bit mode, the one 16 behind it.
    constexpr u64 sysret_base = selector_user_code - 16;
    write_msr(msr_star, static_cast<u64>(selector_code) << 32 | sysret_base << 48);
    write_msr(msr_lstar, reinterpret_cast<u64>(&call_entry));
    write_msr(msr_fmask, masked);
    write_msr(msr_efer, saved[0] | efer_sce);
    trace_calls("", address, address + bytes);
    call_goes_narrow = 1;
    trace_calls(" to 32 bits", address, address + bytes);
    call_goes_narrow = 0;
    write_msr(msr_fmask, 0);
    trace_calls(" with nothing masked", address, address + bytes);
    about("%s", "");
    trace_refused();
    write_msr(msr_fmask, saved[3]);
    write_msr(msr_lstar, saved[2]);
    write_msr(msr_star, saved[1]);
    write_msr(msr_efer, saved[0]);
    this_processor().descriptors.tss.rsp[0] = rsp0;
    for (u64 offset = 0; offset < bytes; offset += page_size)
        allow_user(address + offset, false);
    release(memory, bytes);
}

} // namespace nadir::conformance
