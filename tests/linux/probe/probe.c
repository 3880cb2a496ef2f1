// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * nadir_probe.ko, for tests: looks at code that may be hooked, and lets the kernel change it. Written to /proc/nadir_probe:
 *   sum          which bytes the kernel reads of the function, as everybody who checks its code
 *   probe OFFSET the kernel's own probe there, which rewrites the code; calls of it are counted
 *   end          the probe goes, and says how often it was hit
 *   call COUNT   calls nadir_probe_target so often, and says what came back the last time
 *   ask VALUE    calls it once with the value
 *   look         at what a debugger of the usual kind would leave behind: the breakpoint registers, the trap flag here, the
 *                function's bytes; the first look is what others are compared with
 *   looked       says how often, and how often something was different
 */
#include <linux/crc32.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/proc_fs.h>
#include <linux/uaccess.h>

#define FUNCTION "__x64_sys_sched_get_priority_max"
#define BYTES 48

noinline unsigned long nadir_probe_target(unsigned long value);
noinline unsigned long nadir_probe_other(unsigned long value);

noinline unsigned long nadir_probe_target(unsigned long value) {
    asm volatile("" : "+r"(value));
    return value + 1;
}

noinline unsigned long nadir_probe_other(unsigned long value) {
    asm volatile("" : "+r"(value));
    return value + 1000;
}

static atomic_t hits;
static bool probed;

struct traces {
    unsigned long registers[6];
    unsigned long trap_flag;
    u32 sum;
};

static struct traces first_look;
static bool has_looked;
static atomic_t looks, differences;

static u8* function;

static void look(void) {
    struct traces now = {};
    unsigned int i;

    for (i = 0; i < 4; i++)
        get_debugreg(now.registers[i], i);
    get_debugreg(now.registers[4], 6);
    get_debugreg(now.registers[5], 7);
    now.trap_flag = native_save_fl() & X86_EFLAGS_TF;
    now.sum = crc32(0, function, BYTES);
    if (!has_looked) {
        first_look = now;
        has_looked = true;
    }
    atomic_inc(&looks);
    if (memcmp(&now, &first_look, sizeof(now)))
        atomic_inc(&differences);
}

static int count_hit(struct kprobe* probe, struct pt_regs* registers) {
    atomic_inc(&hits);
    return 0;
}

static struct kprobe probe;

/* By a probe that is taken away again: symbols' addresses are told to nobody else. */
static u8* address_of_function(void) {
    static struct kprobe looking;
    u8* address;

    looking = (struct kprobe){.symbol_name = FUNCTION};
    if (register_kprobe(&looking))
        return NULL;
    address = (u8*)looking.addr;
    unregister_kprobe(&looking);
    return address;
}

static int begin_probe(unsigned int offset) {
    int result;

    if (probed)
        return -EBUSY;
    atomic_set(&hits, 0);
    probe = (struct kprobe){.addr = function + offset, .pre_handler = count_hit};
    result = register_kprobe(&probe);
    probed = !result;
    pr_info("nadir_probe: probe at %u: %d\n", offset, result);
    return result;
}

static void end_probe(void) {
    if (!probed)
        return;
    unregister_kprobe(&probe);
    probed = false;
    pr_info("nadir_probe: probed %d\n", atomic_read(&hits));
}

static ssize_t probe_write(struct file* file, const char __user* user, size_t size, loff_t* offset) {
    char words[32] = {};
    unsigned int number;

    if (size >= sizeof(words) || copy_from_user(words, user, size))
        return -EINVAL;
    if (!strncmp(words, "sum", 3)) {
        pr_info("nadir_probe: sum %08x first %*ph\n", crc32(0, function, BYTES), 12, function);
    } else if (sscanf(words, "probe %u", &number) == 1) {
        return begin_probe(number) ? -EINVAL : size;
    } else if (!strncmp(words, "looked", 6)) {
        pr_info("nadir_probe: looked %d differences %d\n", atomic_read(&looks), atomic_read(&differences));
    } else if (!strncmp(words, "look", 4)) {
        look();
    } else if (!strncmp(words, "end", 3)) {
        end_probe();
    } else if (sscanf(words, "call %u", &number) == 1) {
        unsigned long value = 0;

        while (number--)
            value = nadir_probe_target(number);
        pr_info("nadir_probe: called %lu\n", value);
    } else if (sscanf(words, "ask %u", &number) == 1) {
        pr_info("nadir_probe: %u answered %lu\n", number, nadir_probe_target(number));
    } else {
        return -EINVAL;
    }
    return size;
}

static const struct proc_ops operations = {.proc_write = probe_write};

static int __init probe_init(void) {
    function = address_of_function();
    if (!function)
        return -ENOENT;
    return proc_create("nadir_probe", 0200, NULL, &operations) ? 0 : -ENOMEM;
}

static void __exit probe_exit(void) {
    end_probe();
    remove_proc_entry("nadir_probe", NULL);
}

module_init(probe_init);
module_exit(probe_exit);

MODULE_DESCRIPTION("Tests of Nadir: code that is read and changed");
MODULE_LICENSE("Dual MIT/GPL");
