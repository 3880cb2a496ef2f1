// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Task switches with paging: each task has its own page tables, and a task state segment may lie in a page that isn't there.
#include "tests/guest/modes/paging.h"
#include "tests/guest/modes/tasks.h"

namespace nadir::modes {

namespace {

extern "C" {
void task_return();
void task_read();
void task_read_return();
}

// TSSs at the end of a page: the second half is in the next one, which is not always there.
constexpr u32 bytes_before_the_end = 40;

Tss32& place_at_page_end() {
    auto& tss = *reinterpret_cast<Tss32*>(victim_page() + 4096 - bytes_before_the_end);
    tss = task32;
    gdt[task_32 / 8] = descriptor(text_address(&tss), sizeof task32 - 1, type::tss32);
    return tss;
}

void trace_with(const char* name, u32 first, u32 second, void (*body)(void*), bool write_protect = true) {
    Tss32& tss = place_at_page_end();
    write_cr0(write_protect ? read_cr0() | cr0_wp : read_cr0() & ~cr0_wp);
    set_victim_pages(first, second);
    trace_switch(name, body, task_32);
    line("%s: pages %x %x", name, victim_flags(0), victim_flags(1));
    set_victim_pages(present_and_writable, present_and_writable);
    line("%s: link %x", name, tss.link);
    write_cr0(read_cr0() & ~cr0_wp);
}

void trace_pages() {
    trace_with("across pages", present_and_writable, present_and_writable, call);
    trace_with("first page missing", 0, present_and_writable, call);
    trace_with("second page missing", present_and_writable, 0, call);
    trace_with("first page read-only", page_present, present_and_writable, call);
    trace_with("first page read-only without wp", page_present, present_and_writable, call, false);
    trace_with("second page read-only", present_and_writable, page_present, call);
    trace_with("first page read-only, by jump", page_present, present_and_writable, jump);
    trace_with("first page missing, by int", 0, present_and_writable, NADIR_INSTRUCTION("int $0x41"));
    set_gate(6, gate_descriptor(task_32, 0, type::task_gate));
    trace_with("first page missing, by ud2", 0, present_and_writable, NADIR_INSTRUCTION("ud2"));
    set_gate(13, gate_descriptor(task_32, 0, type::task_gate));
    trace_with("first page missing, by rdmsr", 0, present_and_writable,
               NADIR_INSTRUCTION("movl $0x40000000, %%ecx; rdmsr"));
}

// An error code that a task of CPL 3 can't be given, for its stack is the supervisor's.
void trace_stack_page() {
    set_victim_pages(present_and_writable, present_and_writable);
    task32.cs = code32_user;
    task32.es = task32.ss = task32.ds = task32.fs = task32.gs = data32_user;
    task32.esp = victim_page() + 4096;
    set_gate(13, gate_descriptor(task_32, 0, type::task_gate));
    trace_switch("error code to cpl 3, supervisor page", NADIR_INSTRUCTION("movl $0x40000000, %%ecx; rdmsr"));
}

// The old task's state is to be saved in a page that isn't there, or may not be written.
void trace_old_pages(const char* name, u32 flags) {
    auto& old = *reinterpret_cast<Tss32*>(victim_page() + 4096 - bytes_before_the_end);
    old = main_task.state;
    gdt[spare_task / 8] = descriptor(text_address(&old), sizeof old - 1, type::tss32);
    asm volatile("ltr %w0" : : "r"(u32{spare_task}) : "memory");
    write_cr0(read_cr0() | cr0_wp);
    set_victim_pages(present_and_writable, flags);
    trace_switch(name, call, task_32);
    set_victim_pages(present_and_writable, present_and_writable);
    line("%s: link %x eip %x eax %x ebx %x", name, old.link, old.eip != 0, old.eax, old.ebx);
    write_cr0(read_cr0() & ~cr0_wp);
}

void trace_address_space(const char* name, void (*code)()) {
    const u32 before = read_cr3();
    task32.cr3 = other_table();
    task32.eip = text_address(reinterpret_cast<const void*>(code));
    trace_switch(name, call, task_32);
    line("%s: cr3 %s", name, read_cr3() == before ? "as before" : "the new task's");
    write_cr3(before);
    prepare_tasks();
}

void trace_all(Paging paging) {
    paging_on(paging);
    use_victim_pages();
    prepare_tasks();
    trace_switch("jump", jump, task_32);
    task32.eip = text_address(reinterpret_cast<const void*>(&task_return));
    trace_switch("call and return", call, task_32);
    trace_switch("jump to 16-bit", jump, task_16);
    trace_pages();
    trace_stack_page();
    trace_old_pages("old task's page missing", 0);
    trace_old_pages("old task's page read-only", page_present);
    trace_old_pages("old task's page", present_and_writable);
    trace_address_space("own address space", task_read);
    trace_address_space("own address space and return", task_read_return);
    paging_off();
}

} // namespace

void trace_task_paging() {
    about("task two levels ");
    trace_all(Paging::two_levels);
    about("task pae ");
    trace_all(Paging::pae);
}

} // namespace nadir::modes
