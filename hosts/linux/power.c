// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Reboot, power-off, kexec, suspend, hibernation: Nadir is off before any of them, and on again after the last two.
 */
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/reboot.h>
#include <linux/suspend.h>

#include "hosts/linux/host.h"

static bool start_again;

static int going_down(struct notifier_block *block, unsigned long event, void *data)
{
    host_block(event == SYS_RESTART ? "the system restarts" : "the system shuts down");
    return NOTIFY_DONE;
}

static struct notifier_block reboot_notifier = {
    .notifier_call = going_down,
};

static int sleep_or_wake(struct notifier_block *block, unsigned long event, void *data)
{
    struct nadir_report report;

    switch (event) {
    case PM_SUSPEND_PREPARE:
    case PM_HIBERNATION_PREPARE:
    case PM_RESTORE_PREPARE:
        start_again = host_block("the system goes to sleep");
        break;
    case PM_POST_SUSPEND:
    case PM_POST_HIBERNATION:
    case PM_POST_RESTORE:
        host_allow();
        if (start_again && host_restart(&report) == NADIR_OK)
            pr_info("on again after sleep\n");
        start_again = false;
        break;
    }
    return NOTIFY_DONE;
}

static struct notifier_block sleep_notifier = {
    .notifier_call = sleep_or_wake,
};

int power_init(void)
{
    int result = register_reboot_notifier(&reboot_notifier);

    if (result)
        return result;
    result = register_pm_notifier(&sleep_notifier);
    if (result)
        unregister_reboot_notifier(&reboot_notifier);
    return result;
}

void power_exit(void)
{
    unregister_pm_notifier(&sleep_notifier);
    unregister_reboot_notifier(&reboot_notifier);
}
