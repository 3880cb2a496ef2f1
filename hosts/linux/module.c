// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * nadir.ko: loading, its parameters, removal.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>

#include "hosts/linux/host.h"

static bool autostart;
module_param(autostart, bool, 0400);
MODULE_PARM_DESC(autostart, "Turn Nadir on when the module is loaded; loading fails when that fails (default: no)");

static uint log_level = NADIR_LEVEL_INFO;
module_param(log_level, uint, 0400);
MODULE_PARM_DESC(log_level,
                 "autostart: what root mode records, 0 errors, 1 warnings, 2 information, 3 all (default 2)");

static uint com1;
module_param(com1, uint, 0400);
MODULE_PARM_DESC(com1, "autostart: I/O port of a UART for reports of faults in root mode, as 0x3f8 (default: none)");

static bool record_every_exit;
module_param(record_every_exit, bool, 0400);
MODULE_PARM_DESC(record_every_exit,
                 "autostart: the flight recorder sees every CPUID, too; each of them costs more (default: no)");

static uint hook_pages = NADIR_HOOK_PAGES_USUAL;
module_param(hook_pages, uint, 0400);
MODULE_PARM_DESC(hook_pages, "autostart: 4-KiB pages to keep for hooks; without any there can be none (default 64)");

module_param_named(watchdog, watchdog_period, uint, 0400);
MODULE_PARM_DESC(watchdog,
                 "Seconds in which root mode must have come back from a VM exit; 0 looks at nothing (default 10)");

static int set_provoke(const char *text, const struct kernel_param *parameter)
{
    u32 provocation;
    const int result = kstrtou32(text, 0, &provocation);

    return result ? result : host_errno(host_provoke(provocation));
}

static const struct kernel_param_ops provoke_operations = {
    .set = set_provoke,
};
module_param_cb(provoke, &provoke_operations, NULL, 0200);
MODULE_PARM_DESC(provoke,
                 "For tests: root mode makes this mistake (enum nadir_provocation) on the processor that writes it; "
                 "only where the start allowed it");

module_param_named(fail_allocation, seam_fail_allocation, uint, 0600);
MODULE_PARM_DESC(fail_allocation, "For tests: memory is exhausted from the n-th request on (default: never)");

module_param_named(fail_once, seam_fail_once, bool, 0600);
MODULE_PARM_DESC(fail_once, "For tests: with fail_allocation, only that request fails (default: no)");

static int get_allocated(char *buffer, const struct kernel_param *parameter)
{
    return scnprintf(buffer, PAGE_SIZE, "%llu\n", seam_allocated());
}

static const struct kernel_param_ops allocated_operations = {
    .get = get_allocated,
};
module_param_cb(allocated, &allocated_operations, NULL, 0400);
MODULE_PARM_DESC(allocated, "Bytes of memory that Nadir holds at the moment");

static const struct part {
    int (*init)(void);
    void (*exit)(void);
} parts[] = {
    {hotplug_init, hotplug_exit}, {power_init, power_exit},   {emergency_init, emergency_exit},
    {hooks_init, hooks_exit},     {device_init, device_exit},
};

static void exit_parts(size_t count)
{
    while (count--)
        parts[count].exit();
}

static int start_at_load(void)
{
    const struct nadir_options options = {
        .log_level = log_level, .com1 = com1, .record_every_exit = record_every_exit, .hook_pages = hook_pages};
    struct nadir_report report;

    return host_errno(host_start(&options, &report));
}

static int __init nadir_init(void)
{
    int result = 0;

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        result = parts[i].init();
        if (result) {
            exit_parts(i);
            return result;
        }
    }
    if (autostart)
        result = start_at_load();
    if (result)
        exit_parts(ARRAY_SIZE(parts));
    return result;
}

static void __exit nadir_exit(void)
{
    /* Nobody has the device open. Until the end, processors that come or go still have to be followed. */
    host_block("the module is removed");
    exit_parts(ARRAY_SIZE(parts));
    drain_exit();
    host_release();
    if (seam_allocated())
        pr_err("%llu bytes of memory were not given back\n", seam_allocated());
}

module_init(nadir_init);
module_exit(nadir_exit);

MODULE_DESCRIPTION("Nadir: puts the running system under a hypervisor (Intel VT-x), and takes it out again");
MODULE_AUTHOR("The Nadir authors");
MODULE_VERSION(NADIR_VERSION);
MODULE_LICENSE("Dual MIT/GPL");
