// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Root mode that doesn't come back from a VM exit takes its processor away without a word. This looks once per period
 * whether that has happened somewhere (nadir_watch), and sends such a processor an NMI, whose handler in root mode says
 * where it hangs and stops it.
 *
 * Two timers take turns, on the first and on the last processor that is online: a timer belongs to a processor, and with
 * it would be lost who had to notice. They are high-resolution timers, because the lost processor may be the one that
 * counts the jiffies, and because a processor that waits for the lost one with preemption off runs no work any more.
 * A look takes no lock at all.
 */
#include <linux/cpumask.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/smp.h>

#include <asm/apic.h>
#include <asm/irq_vectors.h>

#include "hosts/linux/compat.h"
#include "hosts/linux/host.h"

#define LONGEST_PERIOD 3600u

uint watchdog_period = 10;

static struct hrtimer first, last;

static ktime_t periods(unsigned int count)
{
    return ktime_set(count * min(watchdog_period, LONGEST_PERIOD), 0);
}

static void look_at_all(const struct nadir_session *session)
{
    u32 found;

    for (found = nadir_watch(session, 0); found < nr_cpu_ids; found = nadir_watch(session, found + 1)) {
        pr_err(
            "processor %u does not come back from root mode: it gets an NMI; `nadir log` and `nadir recorder` say more\n",
            found);
        apic->send_IPI((int)found, NMI_VECTOR);
    }
}

/* Interrupts are off, and meanwhile nobody takes this processor out of VMX operation. */
static enum hrtimer_restart look(struct hrtimer *timer)
{
    const struct nadir_session *session = host_running();

    if (session && nadir_processor_active(session, (u32)smp_processor_id()))
        look_at_all(session);
    hrtimer_forward_now(timer, periods(2));
    return HRTIMER_RESTART;
}

static void begin_first(void *unused)
{
    hrtimer_start(&first, periods(1), HRTIMER_MODE_REL_PINNED_HARD);
}

static void begin_last(void *unused)
{
    hrtimer_start(&last, periods(2), HRTIMER_MODE_REL_PINNED_HARD);
}

void watchdog_begin(void)
{
    lockdep_assert_held(&host_lock);
    if (!watchdog_period)
        return;
    compat_hrtimer_setup(&first, look, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
    compat_hrtimer_setup(&last, look, CLOCK_MONOTONIC, HRTIMER_MODE_REL_PINNED_HARD);
    smp_call_function_single((int)cpumask_first(cpu_online_mask), begin_first, NULL, true);
    smp_call_function_single((int)cpumask_last(cpu_online_mask), begin_last, NULL, true);
}

/* After a stop: until then a look is right wherever a processor has not left. Afterwards none is under way, nor begins. */
void watchdog_end(void)
{
    lockdep_assert_held(&host_lock);
    if (!watchdog_period)
        return;
    hrtimer_cancel(&first);
    hrtimer_cancel(&last);
}
