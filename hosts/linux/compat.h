/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What differs between the kernels that we build for (6.1 and later). Nothing else asks for the kernel's version.
 */
#pragma once

#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/version.h>

/* Where a loaded module's code and read-only data lie. Both are page-aligned, for each has its own protection. */
struct compat_range {
    const void *base;
    unsigned long size;
};

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)

static inline struct compat_range compat_module_text(const struct module *module)
{
    return (struct compat_range){module->mem[MOD_TEXT].base, module->mem[MOD_TEXT].size};
}

static inline struct compat_range compat_module_rodata(const struct module *module)
{
    return (struct compat_range){module->mem[MOD_RODATA].base, module->mem[MOD_RODATA].size};
}

#else

static inline struct compat_range compat_module_text(const struct module *module)
{
    return (struct compat_range){module->core_layout.base, module->core_layout.text_size};
}

static inline struct compat_range compat_module_rodata(const struct module *module)
{
    const void *base = module->core_layout.base + module->core_layout.text_size;

    return (struct compat_range){base, module->core_layout.ro_size - module->core_layout.text_size};
}

#endif

static inline void compat_hrtimer_setup(struct hrtimer *timer, enum hrtimer_restart (*function)(struct hrtimer *),
                                        clockid_t clock, enum hrtimer_mode mode)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
    hrtimer_setup(timer, function, clock, mode);
#else
    hrtimer_init(timer, clock, mode);
    timer->function = function;
#endif
}

/*
 * A function that a dying kernel calls on each processor before it starts a crash kernel or resets the machine, so that
 * VMX is left. It came with 6.6 and was taken back to some 6.1 kernels (Debian's among them); later kernels export it
 * to KVM only. Weak: where it is missing, its address is null.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define COMPAT_EMERGENCY_CALLBACK 1
void cpu_emergency_register_virt_callback(void (*callback)(void)) __weak;
void cpu_emergency_unregister_virt_callback(void (*callback)(void)) __weak;
#else
#define COMPAT_EMERGENCY_CALLBACK 0
#endif
