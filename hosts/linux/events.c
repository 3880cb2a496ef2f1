// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Events belong to the open file that asked for them: when it is closed, by its program or by the program's death, the
 * processors run without optional exits again. All with host_lock held.
 */
#include <linux/cpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "hosts/linux/host.h"

/* Who has the events, and of which session; that one is null once it was stopped. */
static const void *owner;
static struct nadir_session *watched;

u32 host_events_begin_locked(const void *who, const struct nadir_event_filter *filter, struct nadir_report *report)
{
    struct nadir_session *session = host_running();
    u32 status;

    lockdep_assert_held(&host_lock);
    if (!session)
        return host_report(report, NADIR_ALREADY_OFF, "Nadir is off: there are no events. Turn it on first.");
    if (owner)
        return host_report(report, NADIR_BUSY,
                           "Somebody has the events already, and only one at a time can: wait for that one's end.");
    cpus_read_lock();
    status = nadir_events_begin(session, filter, report);
    cpus_read_unlock();
    if (status == NADIR_OK) {
        owner = who;
        watched = session;
    }
    return status;
}

u32 host_events_read_locked(const void *who, struct nadir_events_read_request *request)
{
    request->count = 0;
    request->lost = 0;
    request->over = 0;
    memset(request->events, 0, sizeof(request->events));
    if (!owner || owner != who || request->processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    if (!watched) {
        request->over = 1;
        return NADIR_OK;
    }
    return nadir_events_read(watched, request);
}

u32 host_events_end_locked(const void *who, struct nadir_report *report)
{
    u32 status = NADIR_OK;

    memset(report, 0, sizeof(*report));
    if (!owner || owner != who)
        return NADIR_OK;
    if (watched) {
        cpus_read_lock();
        status = nadir_events_end(watched, report);
        cpus_read_unlock();
    }
    if (status != NADIR_OK) {
        pr_err("the events didn't end: %s\n", report->text);
        return status;
    }
    owner = NULL;
    watched = NULL;
    return NADIR_OK;
}

void host_events_stopped(void)
{
    struct nadir_report report;

    if (watched)
        nadir_events_end(watched, &report);
    watched = NULL;
}
