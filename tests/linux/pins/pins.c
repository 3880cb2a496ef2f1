// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * nadir_pins.ko, for tests: does what an attacker in the kernel does. Writing "WHAT ADDRESS" to /proc/nadir_pins, on the processor
 * that writes, clears CR4.SMEP and says what became of it; "execute" then calls the user's code at the address, too.
 */
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/proc_fs.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include <asm/asm.h>
#include <asm/processor-flags.h>

static unsigned long read_register(void)
{
    unsigned long value;

    asm volatile("mov %%cr4, %0" : "=r"(value) : : "memory");
    return value;
}

/* Not by the kernel's own function, which pins SMEP itself. False when the instruction faulted. */
static bool write_register(unsigned long value)
{
    bool done = false;

    asm volatile("1: mov %1, %%cr4\n"
                 "   movb $1, %0\n"
                 "2:\n" _ASM_EXTABLE(1b, 2b)
                 : "+m"(done)
                 : "r"(value)
                 : "memory");
    return done;
}

static ssize_t pins_write(struct file *file, const char __user *user, size_t size, loff_t *offset)
{
    char words[32] = {};
    unsigned long address, before, seen;
    bool done;

    if (size >= sizeof(words) || copy_from_user(words, user, size) || sscanf(words, "%lx", &address) != 1)
        return -EINVAL;
    preempt_disable();
    before = read_register();
    done = write_register(before & ~X86_CR4_SMEP);
    seen = read_register();
    pr_info("nadir_pins: processor %d: SMEP was %d, clearing it %s, it is %d\n", smp_processor_id(),
            !!(before & X86_CR4_SMEP), done ? "worked" : "faulted", !!(seen & X86_CR4_SMEP));
    if (address) {
        ((void (*)(void))address)();
        pr_info("nadir_pins: the user's code was executed\n");
    }
    write_register(before);
    preempt_enable();
    return size;
}

static const struct proc_ops operations = {.proc_write = pins_write};

static int __init pins_init(void)
{
    return proc_create("nadir_pins", 0200, NULL, &operations) ? 0 : -ENOMEM;
}

static void __exit pins_exit(void)
{
    remove_proc_entry("nadir_pins", NULL);
}

module_init(pins_init);
module_exit(pins_exit);

MODULE_DESCRIPTION("For the tests of Nadir: an attacker who clears CR4.SMEP");
MODULE_LICENSE("Dual MIT/GPL");
