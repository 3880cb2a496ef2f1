// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * The one session of this machine: started and stopped, and asked about.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/kernel.h>
#include <linux/preempt.h>
#include <linux/printk.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "hosts/linux/host.h"

DEFINE_MUTEX(host_lock);

/* The running session, or the last one while it can still be asked what happened. */
static struct nadir_session *session;
static bool running;

static struct nadir_options last_options;
static u64 starts;
static const char *blocked;

u32 host_report(struct nadir_report *report, u32 status, const char *format, ...)
{
    va_list arguments;

    memset(report, 0, sizeof(*report));
    report->status = status;
    report->processor = NADIR_ANY_PROCESSOR;
    va_start(arguments, format);
    vscnprintf(report->text, sizeof(report->text), format, arguments);
    va_end(arguments);
    return status;
}

struct nadir_session *host_running(void)
{
    return READ_ONCE(running) ? READ_ONCE(session) : NULL;
}

u32 host_start_locked(const struct nadir_options *options, struct nadir_report *report)
{
    struct nadir_session *started = NULL;
    u32 status;

    lockdep_assert_held(&host_lock);
    if (running)
        return host_report(report, NADIR_ALREADY_ON, "Nadir is on already: nothing was changed.");
    if (blocked)
        return host_report(report, NADIR_BUSY, "Nadir can't be started now: %s.", blocked);

    memset(report, 0, sizeof(*report));
    cpus_read_lock();
    status = nadir_start(options, &started, report);
    if (started) {
        /* Also after a failure, for what it logged. */
        host_events_forget();
        if (session)
            nadir_release(session);
        WRITE_ONCE(session, started);
        WRITE_ONCE(running, status == NADIR_OK);
    }
    cpus_read_unlock();

    if (status != NADIR_OK) {
        pr_err("not started: %s\n", report->text);
        return status;
    }
    starts++;
    last_options = *options;
    emergency_arm();
    watchdog_begin();
    if (drain_begin())
        pr_warn("no memory to follow the log of root mode; `nadir log` reads it\n");
    pr_info("on: %u processors in VMX non-root operation\n", num_online_cpus());
    return NADIR_OK;
}

u32 host_stop_locked(struct nadir_report *report)
{
    u32 status;

    lockdep_assert_held(&host_lock);
    if (!running)
        return host_report(report, NADIR_ALREADY_OFF, "Nadir is off already: nothing was changed.");

    memset(report, 0, sizeof(*report));
    emergency_disarm();
    cpus_read_lock();
    host_hooks_stop(session);
    status = nadir_stop(session, report);
    if (status == NADIR_OK) {
        WRITE_ONCE(running, false);
        host_events_stopped();
    }
    cpus_read_unlock();

    if (status != NADIR_OK) {
        pr_err("not stopped: %s\n", report->text);
        emergency_arm();
        return status;
    }
    watchdog_end();
    drain_end();
    pr_info("off\n");
    return NADIR_OK;
}

u32 host_start(const struct nadir_options *options, struct nadir_report *report)
{
    u32 status;

    mutex_lock(&host_lock);
    status = host_start_locked(options, report);
    mutex_unlock(&host_lock);
    return status;
}

u32 host_stop(struct nadir_report *report)
{
    u32 status;

    mutex_lock(&host_lock);
    status = host_stop_locked(report);
    mutex_unlock(&host_lock);
    return status;
}

u32 host_restart(struct nadir_report *report)
{
    struct nadir_options options;
    u32 status;

    mutex_lock(&host_lock);
    options = last_options;
    status = host_start_locked(&options, report);
    mutex_unlock(&host_lock);
    return status;
}

bool host_block(const char *why)
{
    struct nadir_report report;
    bool was_running;

    mutex_lock(&host_lock);
    blocked = why;
    was_running = running;
    if (was_running) {
        pr_info("turning off: %s\n", why);
        host_stop_locked(&report);
    }
    mutex_unlock(&host_lock);
    return was_running;
}

void host_allow(void)
{
    mutex_lock(&host_lock);
    blocked = NULL;
    mutex_unlock(&host_lock);
}

void host_release(void)
{
    mutex_lock(&host_lock);
    if (!running && session) {
        host_events_forget();
        nadir_release(session);
        session = NULL;
    }
    mutex_unlock(&host_lock);
}

/*
 * The answers of a running session come from root mode, by a hypercall of the processor that asks: it has to be one
 * that Nadir has, and the same from the beginning to the end of the call. Hotplug is held off, so every online
 * processor is.
 */
static void begin_question(void)
{
    lockdep_assert_held(&host_lock);
    cpus_read_lock();
    preempt_disable();
}

static void end_question(void)
{
    preempt_enable();
    cpus_read_unlock();
}

u32 host_state_locked(struct nadir_state *state)
{
    u32 status = NADIR_OK;

    memset(state, 0, sizeof(*state));
    if (session) {
        begin_question();
        status = nadir_get_state(session, state);
        end_question();
    }
    if (!state->processors)
        state->processors = nadir_host_processor_count();
    state->starts = starts;
    return status;
}

u32 host_statistics_locked(u32 processor, struct nadir_statistics *statistics)
{
    u32 status = NADIR_OK;

    memset(statistics, 0, sizeof(*statistics));
    if (processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    if (session) {
        begin_question();
        status = nadir_get_statistics(session, processor, statistics);
        end_question();
    }
    statistics->processor = processor;
    /* The core doesn't know of a processor that was offline at the start. */
    if (statistics->state == NADIR_PROCESSOR_ABSENT && cpu_present(processor))
        statistics->state = NADIR_PROCESSOR_OFF;
    return status;
}

u32 host_vmcs_locked(u32 processor, struct nadir_vmcs *vmcs)
{
    u32 status = NADIR_OK;

    memset(vmcs, 0, sizeof(*vmcs));
    if (processor != NADIR_ANY_PROCESSOR && processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    if (session) {
        cpus_read_lock();
        status = nadir_read_vmcs(session, processor, vmcs);
        cpus_read_unlock();
    }
    return status;
}

u32 host_recorder_locked(struct nadir_recorder_request *request)
{
    u32 status = NADIR_OK;

    request->count = 0;
    request->begun = 0;
    request->cpuid_exits = 0;
    request->state = NADIR_PROCESSOR_ABSENT;
    memset(request->records, 0, sizeof(request->records));
    if (request->processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    if (session) {
        begin_question();
        status = nadir_read_recorder(session, request);
        end_question();
    }
    if (request->state == NADIR_PROCESSOR_ABSENT && cpu_present(request->processor))
        request->state = NADIR_PROCESSOR_OFF;
    return status;
}

u32 host_extension_locked(struct nadir_extension_request *request)
{
    if (request->processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    begin_question();
    request->found =
        nadir_read_extension(session, request->number, request->processor, &request->extension) == NADIR_OK;
    end_question();
    return NADIR_OK;
}

u32 host_rules_locked(struct nadir_rules_request *request)
{
    u32 status;

    memset(request->rules, 0, sizeof(request->rules));
    request->count = 0;
    if (!session)
        return host_report(&request->report, NADIR_ALREADY_OFF,
                           "Nadir is off: there are no rules, and none can be given. Turn it on first.");
    cpus_read_lock();
    status = nadir_change_rules(session, request);
    cpus_read_unlock();
    return status;
}

u32 host_provoke(u32 provocation)
{
    struct nadir_session *asked;
    u32 status;

    mutex_lock(&host_lock);
    asked = running ? session : NULL;
    mutex_unlock(&host_lock);
    if (!asked)
        return NADIR_ALREADY_OFF;
    preempt_disable();
    status = nadir_provoke(asked, provocation);
    preempt_enable();
    return status;
}

void host_explain_locked(const struct nadir_log_record *record)
{
    cpus_read_lock();
    if (running)
        nadir_explain_log_record(session, record);
    cpus_read_unlock();
}

u32 host_log_locked(struct nadir_log_request *request)
{
    u32 status = NADIR_OK;

    request->count = 0;
    request->lost = 0;
    memset(request->records, 0, sizeof(request->records));
    if (request->processor != NADIR_ANY_PROCESSOR && request->processor >= nadir_host_processor_count())
        return NADIR_BAD_ARGUMENT;
    if (session) {
        begin_question();
        status = nadir_read_log(session, request);
        end_question();
    }
    return status;
}
