// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Every way of switching tasks, between 32-bit and 16-bit tasks, privilege levels and virtual-8086 mode.
#include "tests/guest/modes/tasks.h"

namespace nadir::modes {

namespace {

extern "C" {
void task_return();
void task_return_error();
void task_jump_back();
void task_step();
void task_nmi();
extern u32 nmi_command;
extern volatile u32 nmis_seen;
}

u8 user_stack[1024];
constexpr u32 iopl_3 = 3u << 12;

void begin_at(void (*code)()) { task32.eip = text_address(reinterpret_cast<const void*>(code)); }

u64 gate_to(u32 selector) { return gate_descriptor(selector, 0, type::task_gate, 3); }

Entry user_entry(const u8* code) {
    return {low_base + low_offset(code),
            code32_user,
            flags_fixed,
            text_address(user_stack + sizeof user_stack),
            data32_user,
            data32_user,
            1,
            2,
            3,
            4};
}
Entry v86_entry(const u8* code) {
    return {low_offset(code), low_segment, flags_fixed | flags_vm | iopl_3, low_stack, 0, low_segment, 1, 2, 3, 4};
}

void become_user(Tss32& task) {
    task.cs = code32_user;
    task.es = task.ss = task.ds = task.fs = task.gs = data32_user;
}

void become_v86(Tss32& task, const u8* code) {
    task.eip = low_offset(code);
    task.eflags = flags_fixed | flags_vm | iopl_3;
    task.cs = low_segment;
    task.ss = 0;
    task.esp = low_stack - 128;
    task.es = 0x1111;
    task.ds = 0x2222;
    task.fs = 0x3333;
    task.gs = 0x4444;
}

void trace_instructions() {
    about("task ");
    trace_switch("jump", jump, task_32);
    trace_switch("call", call, task_32);
    trace_switch("jump through a gate", jump, gate_32);
    trace_switch("call through a gate", call, gate_32);
    trace_switch("jump to 16-bit", jump, task_16);
    trace_switch("call to 16-bit", call, gate_16);
    begin_at(task_return);
    trace_switch("call and return", call, task_32);
    begin_at(task_return);
    trace_switch("call through a gate and return", call, gate_32);
    task16.ip = static_cast<u16>(low_offset(low_return));
    trace_switch("call 16-bit and return", call, task_16);
    begin_at(task_jump_back);
    trace_switch("jump and jump back", jump, task_32);
    begin_at(task_return);
    task16.ip = static_cast<u16>(low_offset(low_call_task));
    trace_switch("16-bit calls 32-bit, which returns", jump, task_16);
    trace_switch("iret without a link", NADIR_INSTRUCTION("pushfl; orl $0x4000, (%%esp); popfl; iretl"));
    main_task.state.link = task_32;
    trace_switch("iret to a task that isn't busy", NADIR_INSTRUCTION("pushfl; orl $0x4000, (%%esp); popfl; iretl"));
    main_task.state.link = task_32;
    gdt[task_32 / 8] |= u64{type::busy} << 40;
    trace_switch("iret to a busy task", NADIR_INSTRUCTION("pushfl; orl $0x4000, (%%esp); popfl; iretl"));
    trace_switch("call with nt", NADIR_INSTRUCTION("pushfl; orl $0x4000, (%%esp); popfl; int $0x41"));
}

void trace_events() {
    about("task by ");
    trace_switch("int", NADIR_INSTRUCTION("int $0x41"));
    begin_at(task_return);
    trace_switch("int, and return", NADIR_INSTRUCTION("int $0x41; movl $5, %%eax"));
    set_gate(task_vector, gate_to(task_16));
    trace_switch("int to 16-bit", NADIR_INSTRUCTION("int $0x41"));
    set_gate(3, gate_to(task_32));
    begin_at(task_return);
    trace_switch("int3, and return", NADIR_INSTRUCTION("int3; movl $5, %%eax"));
    set_gate(4, gate_to(task_32));
    begin_at(task_return);
    trace_switch("into, and return", NADIR_INSTRUCTION("movb $0x7f, %%al; addb $1, %%al; into; movl $5, %%eax"));
    set_gate(1, gate_to(task_32));
    begin_at(task_return);
    trace_switch("int1, and return", NADIR_INSTRUCTION(".byte 0xf1; movl $5, %%eax"));
    set_gate(6, gate_to(task_32));
    trace_switch("ud2", NADIR_INSTRUCTION("ud2"));
    set_gate(6, gate_to(task_32));
    trace_switch("vmread", NADIR_INSTRUCTION("vmread %%eax, %%ebx"));
    set_gate(13, gate_to(task_32));
    trace_switch("error code", NADIR_INSTRUCTION("movl $0x1238, %%eax; movl %%eax, %%ds"));
    set_gate(13, gate_to(task_32));
    begin_at(task_return_error);
    task32.esp = low_stack;
    task32.ss = data16;
    trace_switch("error code on a small stack", NADIR_INSTRUCTION("movl $0x40000000, %%ecx; rdmsr"));
    set_gate(13, gate_to(task_16));
    trace_switch("error code to 16-bit", NADIR_INSTRUCTION("movl $0x1238, %%eax; movl %%eax, %%ds"));
    set_gate(13, gate_to(task_32));
    become_user(task32);
    task32.esp = text_address(user_stack + sizeof user_stack);
    trace_switch("error code to cpl 3", NADIR_INSTRUCTION("movl $0x1238, %%eax; movl %%eax, %%ds"));
    set_gate(8, gate_to(task_32));
    set_gate(13, 0);
    trace_switch("double fault", NADIR_INSTRUCTION("movl $0x1238, %%eax; movl %%eax, %%ds"));
    set_gate(8, gate_to(task_32));
    set_gate(13, 0);
    trace_switch("double fault by rdmsr", NADIR_INSTRUCTION("movl $0x40000000, %%ecx; rdmsr"));
    set_gate(1, gate_to(task_32));
    trace_switch("single step", NADIR_INSTRUCTION("pushfl; orl $0x100, (%%esp); popfl; cpuid; nop"));
    set_gate(1, gate_to(task_32));
    trace_switch("breakpoint", NADIR_INSTRUCTION("movl $1f, %%eax; movl %%eax, %%dr0; movl $0x402, %%eax;"
                                                 "movl %%eax, %%dr7; nop; 1: nop"));
}

// This processor sends itself something and waits for it.
void send_to_itself(u32 command) {
    constexpr u32 self = 0x4'0000;
    apic(0x310) = apic(0x20) & 0xFF00'0000;
    apic(0x300) = command | ((command & 0x700) == 0 ? self : 0);
}

void trace_interrupts() {
    about("task by ");
    constexpr u32 nmi = 0x400;
    constexpr u32 level_assert = 0x4000;
    set_gate(2, gate_to(task_32));
    begin_at(task_return);
    trace_switch("nmi, and return", [](void*) {
        send_to_itself(nmi | level_assert);
        for (u32 i = 0; i < 100; ++i)
            asm volatile("nop");
    });
    set_gate(2, gate_to(task_32));
    begin_at(task_nmi);
    nmi_command = nmi | level_assert;
    nmis_seen = 0;
    trace_switch("nmi while in its task", [](void*) {
        send_to_itself(nmi | level_assert);
        for (u32 i = 0; i < 100; ++i)
            asm volatile("nop");
    });
    line("nmis: %u", nmis_seen);
    const u32 spurious = apic(0xF0);
    apic(0xF0) = spurious | 0x1FF;
    begin_at(task_return);
    trace_switch("interrupt, and return", [](void*) {
        send_to_itself(level_assert | task_vector);
        asm volatile("sti; nop; nop; nop; nop; cli");
    });
    apic(0xB0) = 0; // end of interrupt
    begin_at(task_return);
    trace_switch("interrupt of hlt, and return", [](void*) {
        send_to_itself(level_assert | task_vector);
        asm volatile("sti; hlt; cli");
    });
    apic(0xB0) = 0;
    apic(0xF0) = spurious;
}

void trace_privilege() {
    about("task of ");
    become_user(task32);
    task32.esp = text_address(user_stack + sizeof user_stack);
    trace_switch("cpl 3, jumped to", jump, task_32);
    become_v86(task32, low_ud2);
    trace_switch("v86, jumped to", jump, task_32);
    become_v86(task32, low_cpuid);
    trace_switch("v86, called", call, task_32);
    trace_switch("cpl 3 by int", user_entry(low_int_41));
    begin_at(task_return);
    trace_switch("cpl 3 by int, and return", user_entry(low_int_41));
    begin_at(task_return);
    trace_switch("v86 by int, and return", v86_entry(low_int_41));
    set_gate(13, gate_to(task_32));
    trace_switch("v86 by a fault", v86_entry(low_invd));
    set_gate(6, gate_to(task_32));
    trace_switch("cpl 3 by vmcall", user_entry(low_vmcall));
}

void trace_debugging() {
    about("task with ");
    task32.trap = 1;
    trace_switch("trap bit", jump, task_32);
    task32.trap = 1;
    set_gate(3, gate_to(task_32));
    trace_switch("trap bit by int3", NADIR_INSTRUCTION("int3"));
    task32.trap = 1;
    begin_at(task_return);
    trace_switch("trap bit and return", call, task_32);
    begin_at(task_step);
    task32.eflags |= flags_tf;
    trace_switch("tf", jump, task_32);
    begin_at(task_step);
    trace_switch("tf in the old one", NADIR_INSTRUCTION("pushfl; orl $0x100, (%%esp); popfl; ljmp $0x80, $0"));
    begin_at(task_step);
    task32.eflags |= flags_rf | flags_tf | flags_nt | iopl_3 | 0xFFC0'8028; // reserved bits
    trace_switch("all flags", jump, task_32);
    main_task.state.trap = 1;
    begin_at(task_return);
    trace_switch("trap bit in the old one", call, task_32);
}

} // namespace

void trace_kinds() {
    trace_instructions();
    trace_events();
    trace_interrupts();
    trace_privilege();
    trace_debugging();
}

} // namespace nadir::modes
