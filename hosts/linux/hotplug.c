// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Processors come and go while Nadir is on. One that goes leaves VMX operation first, on its own; one that comes
 * enters, or isn't let in: a machine that is half under Nadir would not be what its user asked for.
 *
 * The callbacks run on the processor in question, with the kernel's hotplug lock held, after its scheduler domain is
 * gone or before it is there: no program runs on it.
 */
#include <linux/cpuhotplug.h>
#include <linux/irqflags.h>
#include <linux/printk.h>

#include "hosts/linux/host.h"

static enum cpuhp_state state;

static int processor_comes(unsigned int processor)
{
    struct nadir_session *session = host_running();
    struct nadir_report report = {};
    unsigned long flags;
    u32 status;

    if (!session)
        return 0;
    local_irq_save(flags);
    status = nadir_enter_processor(session, processor, &report);
    local_irq_restore(flags);
    if (status != NADIR_OK) {
        pr_err("processor %u is not let in: %s\n", processor, report.text);
        return -EIO;
    }
    pr_info("processor %u came online: in VMX non-root operation\n", processor);
    return 0;
}

static int processor_goes(unsigned int processor)
{
    struct nadir_session *session = host_running();
    unsigned long flags;
    u32 status;

    if (!session)
        return 0;
    local_irq_save(flags);
    status = nadir_leave_processor(session, processor);
    local_irq_restore(flags);
    if (status != NADIR_OK) {
        pr_err("processor %u can't go offline: %s\n", processor, nadir_status_text(status));
        return -EIO;
    }
    pr_info("processor %u goes offline: it has left VMX operation\n", processor);
    return 0;
}

int hotplug_init(void)
{
    const int result = cpuhp_setup_state_nocalls(CPUHP_AP_ONLINE_DYN, "nadir:online", processor_comes, processor_goes);

    if (result < 0)
        return result;
    state = result;
    return 0;
}

void hotplug_exit(void)
{
    cpuhp_remove_state_nocalls(state);
}
