// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "hosts/bare/machine/instructions.h"
#include "hosts/bare/machine/memory.h"
#include "hosts/bare/machine/print.h"
#include "hosts/bare/machine/processor.h"
#include "tests/guest/conformance/trace.h"

namespace nadir::conformance {

namespace {

extern "C" const u8 user_start[];
extern "C" const u8 user_end[];
extern "C" void enter_user(u64 rip, u64 rsp, u64 rax, u64 rcx, u64 cs, u64 ss);

constexpr u32 piece_bytes = 16;
constexpr const char* piece_names[] = {
    "cpuid", "vmcall", "vmread", "xsetbv",         "rdmsr", "wrmsr",   "invd",     "mov cr4", "hlt",     "vmxoff",
    "rdtsc", "vmfunc", "getsec", "cpuid 80000001", "rdpmc", "syscall", "sysenter", "in",      "mov dr7", "cli"};

constexpr u32 halt_piece = 8; // at CPL 0 it would halt
constexpr u32 first_system_call = 15;

// In which mode the pieces run.
struct Mode {
    const char* name;
    u16 code;
    u16 data;
};
constexpr Mode modes[] = {
    {"user", selector_user_code, selector_user_data},
    {"compatibility user", selector_user_code32, selector_user_data},
    {"compatibility", selector_code32, selector_data},
};

struct Entry {
    u64 rip;
    u64 rsp;
    Mode mode;
    Processor* processor;
};

void enter(void* argument) {
    const Entry& e = *static_cast<const Entry*>(argument);
    // From CPL 3, the exception comes in below what is in use of this stack.
    u64 rsp;
    asm volatile("movq %%rsp, %0" : "=r"(rsp));
    e.processor->descriptors.tss.rsp[0] = round_down(rsp - 1024, 16);
    enter_user(e.rip, e.rsp, 1, 0, e.mode.code, e.mode.data);
}

void trace_pieces(const Mode& mode, u64 code, u64 stack_top) {
    for (u32 i = 0; i < sizeof piece_names / sizeof piece_names[0]; ++i) {
        if ((i == halt_piece || i >= first_system_call) && mode.code == selector_code32)
            continue;
        Entry entry{code + i * piece_bytes, stack_top, mode, &this_processor()};
        FaultGuard guard{};
        const u32 vector = guarded(guard, enter, &entry);
        print("exits %s %s: exception %u error %x at +%llx rax %llx rcx %llx rdx %llx\n", mode.name, piece_names[i],
              vector, guard.error_code, guard.rip - entry.rip, guard.rax, guard.rcx, guard.rdx);
    }
}

// SYSCALL, once EFER says that it exists: it ends at an UD2 at CPL 0.
void trace_system_call(u64 code, u64 stack_top) {
    constexpr u32 msr_star = 0xC000'0081;
    constexpr u32 msr_lstar = 0xC000'0082;
    constexpr u64 efer_sce = 1;
    const u64 efer = read_msr(msr_efer);
    const u64 star = read_msr(msr_star);
    const u64 lstar = read_msr(msr_lstar);
    write_msr(msr_star, static_cast<u64>(selector_code) << 32);
    write_msr(msr_lstar, code + 2); // behind the CPUID of the first piece
    write_msr(msr_efer, efer | efer_sce);
    Entry entry{code + first_system_call * piece_bytes, stack_top, modes[0], &this_processor()};
    FaultGuard guard{};
    const u32 vector = guarded(guard, enter, &entry);
    print("exits system call: exception %u at +%llx, from +%llx, efer %llx\n", vector, guard.rip - code,
          guard.rcx - entry.rip, read_msr(msr_efer));
    write_msr(msr_efer, efer);
    write_msr(msr_star, star);
    write_msr(msr_lstar, lstar);
}

} // namespace

void trace_user() {
    constexpr u64 bytes = 2 * page_size; // the code, and a stack above it
    auto* memory = static_cast<u8*>(allocate(bytes));
    if (memory == nullptr)
        return;
    const u64 address = reinterpret_cast<u64>(memory);
    make_executable(address);
    make_executable(address + page_size);
    allow_user(address, true);
    allow_user(address + page_size, true);
    __builtin_memcpy(memory, user_start, static_cast<usize>(user_end - user_start));
    const u64 rsp0 = this_processor().descriptors.tss.rsp[0];
    for (const Mode& mode : modes)
        trace_pieces(mode, address, address + bytes);
    trace_system_call(address, address + bytes);
    this_processor().descriptors.tss.rsp[0] = rsp0;
    allow_user(address, false);
    allow_user(address + page_size, false);
    release(memory, bytes);
}

} // namespace nadir::conformance
