/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the files of the Linux host share.
 *
 * Locks, in the order in which they are taken: host_lock, then the kernel's cpus_read_lock. The running session comes
 * and goes only with both held, so that whoever holds either sees it unchanged. The callbacks of CPU hotplug run with
 * the kernel's lock held for writing and therefore must not take host_lock.
 */
#pragma once

#include <linux/mutex.h>
#include <linux/types.h>

#include "core/nadir.h"

#undef pr_fmt
#define pr_fmt(format) "nadir: " format

/* session.c: the one session, and the requests on it. */
extern struct mutex host_lock;

/* Each of these takes host_lock and returns an enum nadir_status. */
u32 host_start(const struct nadir_options *options, struct nadir_report *report);
u32 host_stop(struct nadir_report *report);

/* With host_lock held. The answers come from the last run when Nadir is off. */
u32 host_start_locked(const struct nadir_options *options, struct nadir_report *report);
u32 host_stop_locked(struct nadir_report *report);
u32 host_state_locked(struct nadir_state *state);
u32 host_statistics_locked(u32 processor, struct nadir_statistics *statistics);
u32 host_log_locked(struct nadir_log_request *request);
void host_explain_locked(const struct nadir_log_record *record);
u32 host_vmcs_locked(u32 processor, struct nadir_vmcs *vmcs);
u32 host_extension_locked(struct nadir_extension_request *request);
u32 host_recorder_locked(struct nadir_recorder_request *request);
u32 host_rules_locked(struct nadir_rules_request *request);

/* memory.c: with host_lock held. */
u32 host_memory_read_locked(struct nadir_memory_read_request *request);
u32 host_memory_space_locked(struct nadir_memory_space_request *request);
u32 host_memory_ept_locked(struct nadir_memory_ept_request *request);

/* events.c: `who` is the open file that asks. */
u32 host_events_begin_locked(const void *who, const struct nadir_event_filter *filter, struct nadir_report *report);
u32 host_events_read_locked(const void *who, struct nadir_events_read_request *request);
u32 host_events_end_locked(const void *who, struct nadir_report *report);
/* Nadir was stopped: whoever has the events learns it when it reads. */
void host_events_stopped(void);
/* The stopped session is going to be released. */
void host_events_forget(void);

/* hooks.c: `who` as above. */
u32 host_hooks_set_locked(const void *who, struct nadir_hooks_set_request *request);
u32 host_hooks_clear_locked(const void *who, struct nadir_hooks_clear_request *request);
u32 host_hooks_list_locked(const void *who, struct nadir_hooks_list_request *request);
/* The file is closed. */
void host_hooks_close_locked(const void *who);
/* Nadir is about to be stopped: with both locks held. */
void host_hooks_stop(struct nadir_session *session);
int hooks_init(void);
void hooks_exit(void);

/* processes.c: to whom an event of this processor and time belongs. With host_lock held; between begin and end. */
void processes_begin(void);
void processes_end(void);
void processes_find(u32 processor, u64 time, struct nadir_event_process *out);

/* For tests: root mode makes this mistake on the processor that asks. Takes host_lock only to look. */
u32 host_provoke(u32 provocation);

/* The running session, null when off. With either lock held, or when no processor can be starting or stopping it. */
struct nadir_session *host_running(void);

/* Stops, and refuses to start until host_allow; `why` is what a refused start is told. Answers: was it running? */
bool host_block(const char *why);
void host_allow(void);

/* Starts again as it was started last. */
u32 host_restart(struct nadir_report *report);

/* At module removal: forgets the last run. */
void host_release(void);

/* Writes a report of the host's own making and returns `status`. */
__printf(3, 4) u32 host_report(struct nadir_report *report, u32 status, const char *format, ...);

/* errno.c: 0, or a negative errno that resembles the status. */
int host_errno(u32 status);

/* drain.c: the records of root mode go to the kernel's log. With host_lock held, but for drain_exit. */
int drain_begin(void);
void drain_now(void);
void drain_end(void);
void drain_exit(void);

/* watchdog.c: a processor that hangs in root mode is found. With host_lock held; the period is in seconds, 0 for none. */
void watchdog_begin(void);
void watchdog_end(void);
extern uint watchdog_period;

/* device.c: /dev/nadir. */
int device_init(void);
void device_exit(void);

/* hotplug.c, power.c, emergency.c: following what happens to the machine. */
int hotplug_init(void);
void hotplug_exit(void);
int power_init(void);
void power_exit(void);
int emergency_init(void);
void emergency_exit(void);
/* With host_lock held: Nadir was started, is about to stop. */
void emergency_arm(void);
void emergency_disarm(void);

/* seam.c: what nadir_host_allocate has given and not got back, in bytes; and the switches of tests. */
u64 seam_allocated(void);
extern uint seam_fail_allocation;
extern bool seam_fail_once;
