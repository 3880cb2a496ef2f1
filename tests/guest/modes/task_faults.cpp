// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Task switches that fail: what the processor checks before, and what becomes an exception of the new task.
// [SDM3 "Exception Conditions Checked During a Task Switch"]
#include "tests/guest/modes/tasks.h"

namespace nadir::modes {

namespace {

u8 user_stack[1024];
alignas(8) u64 local_table[4];

void set(u32 selector, u64 value) { gdt[selector / 8] = value; }

// Whatever selects `spare` gets this descriptor.
void spare_is(u32 kind, u32 dpl = 0, bool present = true, u32 flags = in_pages | big) {
    set(spare, descriptor(0, 0xFFFFF, kind, dpl, flags, present));
}

// By a call, and again with exceptions: one with an error code, on which a contributory one is a double fault, and one without.
void both(const char* name) {
    u64 table[gdt_entries];
    __builtin_memcpy(table, gdt, sizeof table);
    const Tss32 task = task32;
    const auto again = [&] {
        __builtin_memcpy(gdt, table, sizeof table);
        task32 = task;
    };
    trace_switch(name, call, task_32);
    again();
    set_gate(13, gate_descriptor(task_32, 0, type::task_gate));
    set_gate(8, gate_descriptor(task_16, 0, type::task_gate));
    trace_switch(name, NADIR_INSTRUCTION("movl $0x1238, %%eax; movl %%eax, %%ds"));
    again();
    set_gate(6, gate_descriptor(task_32, 0, type::task_gate));
    trace_switch(name, NADIR_INSTRUCTION("ud2"));
}

void trace_before() {
    about("task refused, ");
    set(task_32, gdt[task_32 / 8] & ~(u64{1} << 47));
    trace_switch("not present", call, task_32);
    set(task_32, descriptor(text_address(&task32), 0x66, type::tss32));
    trace_switch("limit", call, task_32);
    set(task_16, descriptor(text_address(&task16), 0x2A, type::tss16));
    trace_switch("limit of 16-bit", call, task_16);
    set(task_32, gdt[task_32 / 8] | u64{type::busy} << 40);
    trace_switch("busy", call, task_32);
    trace_switch("itself", call, main_tss);
    set(task_32, gdt[task_32 / 8] & ~(u64{1} << 47));
    trace_switch("not present by int", NADIR_INSTRUCTION("int $0x41"));
    set(gate_32, gate_descriptor(task_32, 0, type::task_gate, 0, false));
    trace_switch("gate not present", call, gate_32);
    set(gate_32, gate_descriptor(last_selector + 8, 0, type::task_gate));
    trace_switch("gate beyond the table", call, gate_32);
    set(spare_task, descriptor(text_address(&main_task), 0x5E, type::tss32));
    asm volatile("ltr %w0" : : "r"(u32{spare_task}) : "memory");
    trace_switch("old limit", call, task_32);
}

void trace_ldt() {
    about("task with ldt ");
    without_stack = true;
    task32.ldtr = ldt | 4;
    both("in the ldt");
    task32.ldtr = last_selector + 8;
    both("beyond the table");
    task32.ldtr = data32;
    both("of data");
    set(ldt, descriptor(text_address(local_table), sizeof local_table - 1, type::ldt, 0, 0, false));
    task32.ldtr = ldt;
    trace_switch("not present", call, task_32);
    without_stack = false;
    set(ldt, descriptor(text_address(local_table), sizeof local_table - 1, type::ldt));
    local_table[1] = descriptor(0, 0xFFFFF, type::memory | type::writable, 0, in_pages | big); // not accessed yet
    task32.ldtr = ldt;
    task32.ds = task32.ss = 8 | 4;
    trace_switch("used", call, task_32);
    line("used: descriptor %x", static_cast<u32>(local_table[1] >> 32));
    set(ldt, descriptor(text_address(local_table), sizeof local_table - 1, type::ldt));
    task32.ldtr = ldt;
    task32.ds = 0x20 | 4;
    both("too short");
    task32.ds = 8 | 4;
    both("missing");
    task32.ldtr = ldt | 4;
    task32.eflags = flags_fixed | flags_vm;
    trace_switch("in the ldt, v86", call, task_32);
}

void trace_stack() {
    about("task with stack ");
    without_stack = true;
    task32.ss = 0;
    both("null");
    task32.ss = last_selector + 8;
    both("beyond the table");
    task32.ss = code32;
    both("of code");
    spare_is(type::memory);
    task32.ss = spare;
    both("read-only");
    spare_is(type::flat_data, 0, false);
    task32.ss = spare;
    both("not present");
    task32.ss = data32_user;
    both("of cpl 3");
    task32.ss = data32 | 3;
    both("with rpl 3");
    without_stack = false;
    spare_is(type::memory | type::writable);
    task32.ss = spare;
    trace_switch("not accessed", call, task_32);
    set(spare, descriptor(0, 0xFFF, type::flat_data, 0, big));
    task32.ss = spare;
    set_gate(13, gate_descriptor(task_32, 0, type::task_gate));
    set_gate(12, gate_descriptor(task_16, 0, type::task_gate));
    set_gate(8, gate_descriptor(task_16, 0, type::task_gate));
    trace_switch("too short for the error code", NADIR_INSTRUCTION("movl $0x1238, %%eax; movl %%eax, %%ds"));
}

void trace_data() {
    about("task with data ");
    task32.ds = last_selector + 8;
    both("beyond the table");
    spare_is(type::memory | type::code | type::accessed);
    task32.es = spare;
    both("of code that can't be read");
    task32.fs = main_tss;
    both("of a system segment");
    spare_is(type::flat_data, 0, false);
    task32.gs = spare;
    both("not present");
    task32.ds = data32 | 3;
    both("with rpl 3");
    spare_is(type::memory | type::code | type::readable | type::conforming);
    task32.ds = spare | 3;
    trace_switch("conforming code", call, task_32);
    task32.ds = task32.es = task32.fs = task32.gs = 3;
    trace_switch("null", call, task_32);
    task32.cs = code32_user;
    task32.ss = data32_user;
    task32.esp = text_address(user_stack + sizeof user_stack);
    trace_switch("of cpl 0 at cpl 3", call, task_32);
}

void trace_code() {
    about("task with code ");
    task32.cs = 0;
    both("null");
    task32.cs = last_selector + 8;
    both("beyond the table");
    task32.cs = data32;
    both("of data");
    spare_is(type::flat_code, 3);
    task32.cs = spare;
    both("of cpl 3");
    spare_is(type::flat_code | type::conforming, 3);
    task32.cs = spare;
    both("conforming of cpl 3");
    spare_is(type::flat_code, 0, false);
    task32.cs = spare;
    both("not present");
    spare_is(type::memory | type::code);
    task32.cs = spare;
    trace_switch("not accessed", call, task_32);
    set(spare, descriptor(0, 0xFFFF, type::flat_code, 0, big));
    task32.cs = spare;
    both("too short");
}

} // namespace

void trace_task_faults() {
    trace_before();
    trace_ldt();
    trace_stack();
    trace_data();
    trace_code();
}

} // namespace nadir::modes
