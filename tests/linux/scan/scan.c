// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * nadir_scan.ko, for tests: reading /proc/nadir_scan reads all memory of the system and counts what looks like Nadir's:
 * its signature, 32 bytes of its code (the module's own and whatever copies of it can be seen), and pages like a
 * fresh VMXON region. A count that grows while Nadir is active is memory of Nadir's that the system sees.
 *
 * What is looked for is kept disguised, lest it be found here.
 */
#include <linux/ioport.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <asm/msr.h>

#define WORDS (PAGE_SIZE / sizeof(u64))
#define CODE_WORDS 4

static unsigned long code;
module_param(code, ulong, 0400);
MODULE_PARM_DESC(code, "where the code of nadir.ko begins");

static unsigned long megabytes;
module_param(megabytes, ulong, 0400);
MODULE_PARM_DESC(megabytes, "where memory ends");

static const volatile u64 disguise = 0x5a5a000012345678ull;
static const u64 disguised_signature = 0x4d4d56726964614eull ^ 0x5a5a000012345678ull; /* "NadirVMM" */
static u64 wanted[CODE_WORDS];

struct counts {
    unsigned long pages;
    unsigned long signatures;
    unsigned long code;
    unsigned long vmxon_regions;
};

/* Where the word is, from `words` on, or `end`. By one instruction, for an emulator counts them. */
static const u64 *find(const u64 *words, const u64 *end, u64 word)
{
    unsigned long left = end - words;
    bool found;

    if (!left)
        return end;
    asm volatile("repne scasq" : "=@ccz"(found), "+D"(words), "+c"(left) : "a"(word) : "memory");
    return found ? words - 1 : end;
}

static bool is_code(const u64 *words)
{
    for (unsigned int i = 0; i < CODE_WORDS; i++)
        if ((words[i] ^ disguise) != wanted[i])
            return false;
    return true;
}

static bool is_vmxon_region(const u64 *words, u32 revision)
{
    if (words[0] != revision)
        return false;
    for (unsigned int i = 1; i < WORDS; i++)
        if (words[i])
            return false;
    return true;
}

static void look_at(const u64 *words, u32 revision, struct counts *counts)
{
    const u64 *end = words + WORDS;
    unsigned long flags;

    counts->pages++;
    /* An interrupt would put what is looked for on a stack. */
    local_irq_save(flags);
    for (const u64 *at = words; (at = find(at, end, disguised_signature ^ disguise)) != end; at++)
        counts->signatures++;
    for (const u64 *at = words; (at = find(at, end, wanted[0] ^ disguise)) != end; at++)
        counts->code += at + CODE_WORDS <= end && is_code(at);
    local_irq_restore(flags);
    if (is_vmxon_region(words, revision))
        counts->vmxon_regions++;
}

static int show_scan(struct seq_file *file, void *unused)
{
    struct counts counts = {};
    u64 basic = 0;

    rdmsrl_safe(0x480, &basic); /* IA32_VMX_BASIC */
    for (unsigned long pfn = 0; pfn < megabytes << (20 - PAGE_SHIFT); pfn++) {
        if (page_is_ram(pfn))
            look_at(__va(pfn << PAGE_SHIFT), basic & 0x7fffffff, &counts);
    }
    seq_printf(file, "pages %lu signatures %lu code %lu vmxon %lu\n", counts.pages, counts.signatures, counts.code,
               counts.vmxon_regions);
    return 0;
}

static int __init scan_init(void)
{
    for (unsigned int i = 0; i < CODE_WORDS; i++) {
        u64 word;

        if (copy_from_kernel_nofault(&word, (const u64 *)(code + PAGE_SIZE) + i, sizeof(word)))
            return -EINVAL;
        wanted[i] = word ^ disguise;
    }
    return proc_create_single("nadir_scan", 0400, NULL, show_scan) ? 0 : -ENOMEM;
}

static void __exit scan_exit(void)
{
    remove_proc_entry("nadir_scan", NULL);
}

module_init(scan_init);
module_exit(scan_exit);

MODULE_DESCRIPTION("Looks for Nadir in memory, for tests");
MODULE_LICENSE("Dual MIT/GPL");
