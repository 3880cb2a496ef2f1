// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Root mode can't call the kernel, so its log is a ring that somebody has to read: this, once a second while Nadir is
 * on.
 */
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "hosts/linux/host.h"

/* A burst in root mode must not become a flood of the kernel's log: what's beyond is read one second later, or lost. */
#define BATCHES_PER_TURN 4

static void drain_work(struct work_struct *work);
/* Deferrable: an idle processor isn't woken to find nothing. */
static DECLARE_DEFERRABLE_WORK(drain, drain_work);

/* The next sequence number wanted of each processor, and at last that of the host's own log. */
static u32 *next;
static u32 processors;
static struct nadir_log_request request;

static void print_record(const struct nadir_log_record *record)
{
    char text[960]; /* a line of the kernel log has about 1,000 */
    size_t used = 0;

    if (record->processor != (nadir_u16)NADIR_ANY_PROCESSOR)
        used = scnprintf(text, sizeof(text), "processor %u: ", record->processor);
    nadir_format_log_record(record, text + used, sizeof(text) - used);
    nadir_host_print(record->level, text);
}

static void drain_processor(u32 processor, u32 *cursor, unsigned int batches)
{
    while (batches--) {
        memset(&request, 0, sizeof(request));
        request.processor = processor;
        request.next = *cursor;
        if (host_log_locked(&request) != NADIR_OK)
            return;
        if (request.lost)
            pr_warn("%u log records of processor %u were overwritten before they were read\n", request.lost, processor);
        for (u32 i = 0; i < min(request.count, NADIR_LOG_BATCH); i++) {
            print_record(&request.records[i]);
            host_explain_locked(&request.records[i]);
        }
        *cursor = request.next;
        if (request.count < NADIR_LOG_BATCH)
            return;
    }
}

static void drain_all(unsigned int batches)
{
    lockdep_assert_held(&host_lock);
    if (!next)
        return;
    for (u32 i = 0; i < processors; i++)
        drain_processor(i, &next[i], batches);
    drain_processor(NADIR_ANY_PROCESSOR, &next[processors], batches);
}

static void drain_work(struct work_struct *work)
{
    /* Who holds the lock may be waiting for us to be cancelled, or drains himself. */
    if (mutex_trylock(&host_lock)) {
        const bool on = host_running();

        if (on)
            drain_all(BATCHES_PER_TURN);
        mutex_unlock(&host_lock);
        if (!on)
            return;
    }
    schedule_delayed_work(&drain, HZ);
}

int drain_begin(void)
{
    kvfree(next);
    processors = nadir_host_processor_count();
    next = kvcalloc(processors + 1, sizeof(*next), GFP_KERNEL);
    if (!next)
        return -ENOMEM;
    drain_all(BATCHES_PER_TURN);
    schedule_delayed_work(&drain, HZ);
    return 0;
}

void drain_end(void)
{
    cancel_delayed_work(&drain);
    drain_all(UINT_MAX);
    kvfree(next);
    next = NULL;
}

void drain_exit(void)
{
    cancel_delayed_work_sync(&drain);
    kvfree(next);
    next = NULL;
}
