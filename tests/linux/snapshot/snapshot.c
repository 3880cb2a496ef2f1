// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * nadir_snapshot.ko, for tests: /proc/nadir_snapshot has, for each online processor, the registers that Nadir saves,
 * sets or restores, as lines "cpu0 name value". Two snapshots of an undisturbed machine are the same, so a difference
 * between bare, virtualised and bare again is Nadir's.
 *
 * A worker thread reads them: it has no user state, so FS and GS bases and selectors don't depend on who asks. Not
 * read: CR2 and CR3 (they follow the address space that happens to be loaded), time and performance counters.
 */
#include <linux/cpu.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/workqueue.h>
#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/fpu/xcr.h>
#include <asm/msr.h>
#include <asm/special_insns.h>

/* Numbers, not the kernel's names: the list shall not depend on the kernel's version. */
static const struct {
    u32 number;
    const char *name;
} msrs[] = {
    {0x1B, "APIC_BASE"},
    {0x3A, "FEATURE_CONTROL"},
    {0x3B, "TSC_ADJUST"},
    {0x48, "SPEC_CTRL"},
    {0xE1, "UMWAIT_CONTROL"},
    {0xFE, "MTRRCAP"},
    {0x10A, "ARCH_CAPABILITIES"},
    {0x174, "SYSENTER_CS"},
    {0x175, "SYSENTER_ESP"},
    {0x176, "SYSENTER_EIP"},
    {0x1A0, "MISC_ENABLE"},
    {0x1C4, "XFD"},
    {0x1D9, "DEBUGCTL"},
    {0x200, "MTRR_PHYSBASE0"},
    {0x201, "MTRR_PHYSMASK0"},
    {0x202, "MTRR_PHYSBASE1"},
    {0x203, "MTRR_PHYSMASK1"},
    {0x250, "MTRR_FIX64K_00000"},
    {0x277, "PAT"},
    {0x2FF, "MTRR_DEF_TYPE"},
    {0x38F, "PERF_GLOBAL_CTRL"},
    {0x480, "VMX_BASIC"},
    {0x481, "VMX_PINBASED_CTLS"},
    {0x482, "VMX_PROCBASED_CTLS"},
    {0x483, "VMX_EXIT_CTLS"},
    {0x484, "VMX_ENTRY_CTLS"},
    {0x485, "VMX_MISC"},
    {0x486, "VMX_CR0_FIXED0"},
    {0x487, "VMX_CR0_FIXED1"},
    {0x488, "VMX_CR4_FIXED0"},
    {0x489, "VMX_CR4_FIXED1"},
    {0x48B, "VMX_PROCBASED_CTLS2"},
    {0x48C, "VMX_EPT_VPID_CAP"},
    {0x6A0, "U_CET"},
    {0x6A2, "S_CET"},
    {0x6A4, "PL0_SSP"},
    {0x6A8, "INTERRUPT_SSP_TABLE"},
    {0x6E1, "PKRS"},
    {0xD90, "BNDCFGS"},
    {0xDA0, "XSS"},
    {0xC0000080, "EFER"},
    {0xC0000081, "STAR"},
    {0xC0000082, "LSTAR"},
    {0xC0000083, "CSTAR"},
    {0xC0000084, "FMASK"},
    {0xC0000100, "FS_BASE"},
    {0xC0000101, "GS_BASE"},
    {0xC0000102, "KERNEL_GS_BASE"},
    {0xC0000103, "TSC_AUX"},
};

static void show(struct seq_file *file, const char *name, u64 value)
{
    seq_printf(file, "cpu%d %s %llx\n", raw_smp_processor_id(), name, value);
}

static void show_selector(struct seq_file *file, const char *name, u16 selector)
{
    u32 access = 0, limit = 0;
    bool known;

    seq_printf(file, "cpu%d %s %x", raw_smp_processor_id(), name, selector);
    asm volatile("lar %2, %1" : "=@ccz"(known), "=r"(access) : "r"((u32)selector));
    if (known)
        seq_printf(file, " access %x", access);
    asm volatile("lsl %2, %1" : "=@ccz"(known), "=r"(limit) : "r"((u32)selector));
    if (known)
        seq_printf(file, " limit %x", limit);
    seq_puts(file, "\n");
}

static u64 checksum(const u8 *bytes, size_t count)
{
    u64 sum = 0xcbf29ce484222325ull;

    while (count--)
        sum = (sum ^ *bytes++) * 0x100000001b3ull;
    return sum;
}

static void show_control_and_debug(struct seq_file *file)
{
    unsigned long value;

    show(file, "CR0", native_read_cr0());
    show(file, "CR4", native_read_cr4());
    asm volatile("mov %%cr8, %0" : "=r"(value));
    show(file, "CR8", value);
    if (native_read_cr4() & X86_CR4_OSXSAVE)
        show(file, "XCR0", xgetbv(XCR_XFEATURE_ENABLED_MASK));
#define SHOW_DEBUG(n)                                                                                                  \
    asm volatile("mov %%db" #n ", %0" : "=r"(value));                                                                  \
    show(file, "DR" #n, value)
    SHOW_DEBUG(0);
    SHOW_DEBUG(1);
    SHOW_DEBUG(2);
    SHOW_DEBUG(3);
    SHOW_DEBUG(6);
    SHOW_DEBUG(7);
#undef SHOW_DEBUG
}

static void show_tables(struct seq_file *file)
{
    struct desc_ptr table;
    u16 selector;

    asm volatile("sgdt %0" : "=m"(table));
    show(file, "GDTR.base", table.address);
    show(file, "GDTR.limit", table.size);
    /* Entries one by one: the busy bit of the task-state segment is among them. */
    for (unsigned int i = 0; i < GDT_ENTRIES; i++)
        seq_printf(file, "cpu%d GDT[%u] %llx\n", raw_smp_processor_id(), i, ((const u64 *)table.address)[i]);
    asm volatile("sidt %0" : "=m"(table));
    show(file, "IDTR.base", table.address);
    show(file, "IDTR.limit", table.size);
    show(file, "IDT", checksum((const u8 *)table.address, IDT_ENTRIES * sizeof(gate_desc)));
#define SHOW_SELECTOR(instruction, name)                                                                               \
    asm volatile(instruction : "=r"(selector));                                                                        \
    show_selector(file, name, selector)
    SHOW_SELECTOR("mov %%cs, %0", "CS");
    /* Null or not, by whether an interrupt of a user program or a system call was the last entry on this processor. */
    asm volatile("mov %%ss, %0" : "=r"(selector));
    show_selector(file, "SS", selector ?: __KERNEL_DS);
    SHOW_SELECTOR("mov %%ds, %0", "DS");
    SHOW_SELECTOR("mov %%es, %0", "ES");
    SHOW_SELECTOR("mov %%fs, %0", "FS");
    SHOW_SELECTOR("mov %%gs, %0", "GS");
    SHOW_SELECTOR("sldt %0", "LDTR");
    SHOW_SELECTOR("str %0", "TR");
#undef SHOW_SELECTOR
}

static long show_processor(void *data)
{
    struct seq_file *file = data;
    u64 value;

    show_control_and_debug(file);
    show_tables(file);
    for (unsigned int i = 0; i < ARRAY_SIZE(msrs); i++)
        if (rdmsrl_safe(msrs[i].number, &value))
            seq_printf(file, "cpu%d %s #GP\n", raw_smp_processor_id(), msrs[i].name);
        else
            show(file, msrs[i].name, value);
    return 0;
}

static int show_snapshot(struct seq_file *file, void *unused)
{
    unsigned int processor;

    cpus_read_lock();
    for_each_online_cpu(processor) work_on_cpu(processor, show_processor, file);
    cpus_read_unlock();
    return 0;
}

static int __init snapshot_init(void)
{
    return proc_create_single("nadir_snapshot", 0400, NULL, show_snapshot) ? 0 : -ENOMEM;
}

static void __exit snapshot_exit(void)
{
    remove_proc_entry("nadir_snapshot", NULL);
}

module_init(snapshot_init);
module_exit(snapshot_exit);

MODULE_DESCRIPTION("Registers of each processor, for comparisons in tests");
MODULE_LICENSE("Dual MIT/GPL");
