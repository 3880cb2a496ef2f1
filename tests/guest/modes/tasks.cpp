// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/guest/modes/tasks.h"

namespace nadir::modes {

Tss32 task32;
Tss16 task16;
u8 task_stack[1024];

namespace {

extern "C" void task_end();

constexpr Registers known{0x1111'1111, 0x2222'2222, 0x3333'3333, 0x4444'4444};
constexpr u32 dr7_local = 0x555; // L0 to L3, LE, and the bit that is always 1

void set_tss(u32 selector, const void* tss, u32 bytes, u32 kind) {
    gdt[selector / 8] = descriptor(text_address(tss), bytes - 1, kind);
}

u32 type_of(u32 selector) { return static_cast<u32>(gdt[selector / 8] >> 40) & 0xF; }

void print_switch(const char* name, u32 before) {
    const Tss32& old = main_task.state;
    print_event(name, before);
    line("%s: saved eip +%x flags %x eax %x ecx %x edx %x ebx %x segments %x %x %x %x %x %x", name,
         old.eip == 0 ? 0 : old.eip - before, old.eflags, old.eax, old.ecx, old.edx, old.ebx, old.es, old.cs, old.ss,
         old.ds, old.fs, old.gs);
    line("%s: links %x %x types %x %x %x cr0 %x dr7 %x", name, task32.link, task16.link, type_of(main_tss),
         type_of(task_32), type_of(task_16), read_cr0(), read_dr7());
}

void clean_up() {
    // An IRET ends blocking by NMI.
    asm volatile("pushfl; pushl %0; pushl $1f; iretl; 1:" : : "i"(code32) : "memory");
    write_dr7(0x400);
    write_cr0(read_cr0() & ~cr0_ts);
    prepare_tasks();
}

} // namespace

void prepare_tasks() {
    reset_descriptors();
    task32 = {};
    task32.esp0 = task_stack_top();
    task32.ss0 = data32;
    task32.cr3 = main_task.state.cr3 = read_cr3();
    task32.eip = text_address(reinterpret_cast<const void*>(&task_end));
    task32.eflags = flags_fixed | 1;
    task32.eax = 0xAAAA'0001;
    task32.ecx = 0xAAAA'0002;
    task32.edx = 0xAAAA'0003;
    task32.ebx = 0xAAAA'0004;
    task32.esp = task_stack_top() - 256;
    task32.ebp = 0xAAAA'0005;
    task32.esi = 0xAAAA'0006;
    task32.edi = 0xAAAA'0007;
    task32.es = task32.ss = task32.ds = task32.fs = task32.gs = data32;
    task32.cs = code32;
    task32.io_map_base = sizeof task32;
    task16 = {};
    task16.sp0 = low_stack - 512;
    task16.ss0 = data16;
    task16.ip = static_cast<u16>(low_offset(low_ud2));
    task16.flags = flags_fixed;
    task16.ax = 0xBB01;
    task16.cx = 0xBB02;
    task16.dx = 0xBB03;
    task16.bx = 0xBB04;
    task16.sp = low_stack - 256;
    task16.es = task16.ss = task16.ds = data16;
    task16.cs = code16;
    set_tss(task_32, &task32, sizeof task32, type::tss32);
    set_tss(task_16, &task16, sizeof task16, type::tss16);
    gdt[gate_32 / 8] = gate_descriptor(task_32, 0, type::task_gate, 3);
    gdt[gate_16 / 8] = gate_descriptor(task_16, 0, type::task_gate, 3);
    set_gate(task_vector, gate_descriptor(task_32, 0, type::task_gate, 3));
}

namespace {

struct [[gnu::packed]] FarPointer {
    u32 offset;
    u16 selector;
};

} // namespace

void jump(void* p) {
    auto* r = static_cast<Registers*>(p);
    const FarPointer target{0, static_cast<u16>(r->ecx)};
    asm volatile("ljmp *%4" : "+a"(r->eax), "+b"(r->ebx), "+c"(r->ecx), "+d"(r->edx) : "m"(target) : "memory", "cc");
}

void call(void* p) {
    auto* r = static_cast<Registers*>(p);
    const FarPointer target{0, static_cast<u16>(r->ecx)};
    asm volatile("lcall *%4" : "+a"(r->eax), "+b"(r->ebx), "+c"(r->ecx), "+d"(r->edx) : "m"(target) : "memory", "cc");
}

void trace_switch(const char* name, void (*body)(void*), u32 selector) {
    Registers registers = known;
    if (selector != 0)
        registers.ecx = selector;
    write_dr7(dr7_local);
    run(body, &registers);
    print_switch(name, text_address(reinterpret_cast<const void*>(body)));
    if (last.vector == no_event)
        line("%s: back with eax %x ebx %x ecx %x edx %x", name, registers.eax, registers.ebx, registers.ecx,
             registers.edx);
    clean_up();
}

void trace_switch(const char* name, const Entry& entry) {
    run(entry);
    print_switch(name, low_base);
    clean_up();
}

void trace_tasks() {
    prepare_tasks();
    trace_kinds();
    trace_task_faults();
    trace_task_paging();
    reset_descriptors();
}

} // namespace nadir::modes
