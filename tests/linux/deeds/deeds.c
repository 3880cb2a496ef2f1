// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * nadir_deeds.ko, for tests: writing "WHAT COUNT" to /proc/nadir_deeds executes instructions of the kernel's that somebody may
 * watch, so often, on the processor that writes, and by themselves: none of the kernel's functions takes one away. Each is
 * judged by what it leaves behind; the write fails with EIO where that is wrong.
 */
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/asm.h>
#include <asm/desc.h>
#include <asm/processor-flags.h>

#define MOV_FROM(what, value) asm volatile("mov %%" what ", %0" : "=r"(value) : : "memory")
#define MOV_TO(what, value) asm volatile("mov %0, %%" what : : "r"(value) : "memory")

/* Two writes that change something. */
static bool change_cr4(void)
{
    unsigned long before, changed, after;

    MOV_FROM("cr4", before);
    MOV_TO("cr4", before ^ X86_CR4_TSD);
    MOV_FROM("cr4", changed);
    MOV_TO("cr4", before);
    MOV_FROM("cr4", after);
    return changed == (before ^ X86_CR4_TSD) && after == before;
}

/* A write that sets CR0.TS, a CLTS. Both change something, for the kernel leaves TS clear. */
static bool change_cr0(void)
{
    unsigned long before, set, after;

    MOV_FROM("cr0", before);
    MOV_TO("cr0", before | X86_CR0_TS);
    MOV_FROM("cr0", set);
    asm volatile("clts" : : : "memory");
    MOV_FROM("cr0", after);
    return set == (before | X86_CR0_TS) && after == before;
}

/* Two reads and a write. */
static bool move_cr8(void)
{
    unsigned long before, after;

    MOV_FROM("cr8", before);
    MOV_TO("cr8", before);
    MOV_FROM("cr8", after);
    return before < 16 && after == before;
}

static bool reload_cr3(void)
{
    unsigned long before, after;

    MOV_FROM("cr3", before);
    MOV_TO("cr3", before);
    MOV_FROM("cr3", after);
    return before == after;
}

/* Two writes and a read. Bare DR3 is 0, for nobody has set a breakpoint. */
static bool move_debug_register(void)
{
    const unsigned long wanted = 0x123456789abc, none = 0;
    unsigned long seen;

    MOV_TO("db3", wanted);
    MOV_FROM("db3", seen);
    MOV_TO("db3", none);
    return seen == wanted;
}

/* SGDT, SIDT, SLDT, STR, LGDT, LIDT, LLDT. */
static bool use_descriptor_tables(void)
{
    struct desc_ptr gdt = {}, idt = {}, gdt_after = {}, idt_after = {};
    unsigned short ldt, task;

    asm volatile("sgdt %0\n\tsidt %1\n\tsldt %2\n\tstr %3" : "=m"(gdt), "=m"(idt), "=m"(ldt), "=m"(task));
    asm volatile("lgdt %0\n\tlidt %1\n\tlldt %2" : : "m"(gdt), "m"(idt), "m"(ldt) : "memory");
    native_store_gdt(&gdt_after); /* two more */
    store_idt(&idt_after);
    return gdt.address == gdt_after.address && gdt.size == gdt_after.size && idt.address == idt_after.address &&
           idt.size == idt_after.size && task == GDT_ENTRY_TSS * 8;
}

static bool write_extended_control_register(void)
{
    u32 low, high, low_after, high_after;

    if (!(native_read_cr4() & X86_CR4_OSXSAVE))
        return false;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    asm volatile("xsetbv" : : "a"(low), "d"(high), "c"(0) : "memory");
    asm volatile("xgetbv" : "=a"(low_after), "=d"(high_after) : "c"(0));
    return low == low_after && high == high_after;
}

/* IA32_TSC_AUX: a read and a write, of what is there. */
static bool move_msr(void)
{
    const u32 tsc_aux = 0xc0000103;
    u32 low, high;

    asm volatile("rdmsr\n\twrmsr" : "=a"(low), "=d"(high) : "c"(tsc_aux) : "memory");
    return (low & 0xfff) == smp_processor_id() && high == 0;
}

/* It may fault where there is no such counter. */
static bool read_performance_counter(void)
{
    u32 low = 0, high = 0;

    asm volatile("1: rdpmc\n2:\n" _ASM_EXTABLE(1b, 2b) : "+a"(low), "+d"(high) : "c"(0));
    return true;
}

static const struct {
    const char *name;
    bool (*deed)(void);
} deeds[] = {
    {"cr0", change_cr0},
    {"cr3", reload_cr3},
    {"cr4", change_cr4},
    {"cr8", move_cr8},
    {"debug", move_debug_register},
    {"tables", use_descriptor_tables},
    {"xsetbv", write_extended_control_register},
    {"rdpmc", read_performance_counter},
    {"msr", move_msr},
};

static ssize_t deeds_write(struct file *file, const char __user *user, size_t size, loff_t *offset)
{
    char words[32] = {}, name[16];
    unsigned count, wrong = 0;
    unsigned long flags;

    if (size >= sizeof(words) || copy_from_user(words, user, size) || sscanf(words, "%15s %u", name, &count) != 2)
        return -EINVAL;
    for (size_t i = 0; i < ARRAY_SIZE(deeds); i++) {
        if (strcmp(deeds[i].name, name))
            continue;
        for (unsigned done = 0; done < count; done++) {
            local_irq_save(flags);
            wrong += !deeds[i].deed();
            local_irq_restore(flags);
        }
        return wrong ? -EIO : size;
    }
    return -ENOENT;
}

static const struct proc_ops operations = {.proc_write = deeds_write};

static int __init deeds_init(void)
{
    return proc_create("nadir_deeds", 0200, NULL, &operations) ? 0 : -ENOMEM;
}

static void __exit deeds_exit(void)
{
    remove_proc_entry("nadir_deeds", NULL);
}

module_init(deeds_init);
module_exit(deeds_exit);

MODULE_DESCRIPTION("For the tests of Nadir: instructions that somebody may watch");
MODULE_LICENSE("Dual MIT/GPL");
