// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Events belong to the open file that asked for them: when it is closed, by its program or by the program's death, the
 * processors run without optional exits again. All with host_lock held.
 */
#include <linux/cpu.h>
#include <linux/printk.h>
#include <linux/string.h>

#include "hosts/linux/host.h"

/* Who has the events, and of which session: null once that one is gone. */
static const void *owner;
static struct nadir_session *watched;
/* The session was stopped meanwhile. What it had written by then can still be read. */
static bool over;

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
    /* Before the first event, so that each finds out whose it is. */
    processes_begin();
    status = nadir_events_begin(session, filter, report);
    cpus_read_unlock();
    if (status != NADIR_OK) {
        processes_end();
        return status;
    }
    owner = who;
    watched = session;
    over = false;
    return NADIR_OK;
}

u32 host_events_read_locked(const void *who, struct nadir_events_read_request *request)
{
    u32 status = NADIR_OK;

    request->count = 0;
    request->lost = 0;
    request->over = 0;
    memset(request->events, 0, sizeof(request->events));
    memset(request->processes, 0, sizeof(request->processes));
    if (!owner || owner != who || request->processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    if (watched) {
        status = nadir_events_read(watched, request);
        for (u32 i = 0; i < request->count; i++)
            if (request->events[i].kind != NADIR_EVENT_REGISTERS) /* that isn't one */
                processes_find(request->processor, request->events[i].time, &request->processes[i]);
    }
    request->over = over;
    return status;
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
    if (status != NADIR_OK)
        pr_err("the events didn't end: %s\n", report->text);
    /* Also then: whoever comes next is told by the core what is still in use. */
    processes_end();
    owner = NULL;
    watched = NULL;
    return status;
}

void host_events_stopped(void)
{
    over = true;
}

void host_events_forget(void)
{
    struct nadir_report report;

    if (watched)
        nadir_events_end(watched, &report);
    watched = NULL;
}
