/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The core's public entry header: what a host calls. C and C++ include it. "Passive" as in core/host.h.
 *
 * A session is the part of a running Nadir that the guest may see: the bookkeeping that the host's own code, now itself
 * a guest, needs in order to ask for things. Everything else lies in memory that the guest can't see.
 */
#pragma once

#include "core/host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct nadir_session;

/* Virtualises every processor that is online, or none: on failure the machine is as before, and the report says why in
 * words. *session is 0 then, or, when processors had been asked already, a stopped session that keeps what they logged,
 * and the VMCS of an entry that failed, until nadir_release. Returns the report's status. Passive. */
NADIR_ABI nadir_u32 nadir_start(const struct nadir_options* options, struct nadir_session** session,
                                struct nadir_report* report);

/* nadir_start for a host that starts a guest system from scratch (the bare host): guest-physical [0, bytes) lies at this
 * physical address, both page-aligned. What lies at the processors' own addresses there is the host's, so a processor
 * that a start-up IPI takes out of INIT begins in code of the host's, whatever the guest has at that address. */
NADIR_ABI nadir_u32 nadir_start_with_low_memory(const struct nadir_options* options, nadir_u64 bytes,
                                                nadir_u64 physical, struct nadir_session** session,
                                                struct nadir_report* report);

/* Every processor leaves VMX operation; the arena is freed. Statistics and log of the run stay readable in the session
 * until nadir_release. Returns the report's status. Passive. */
NADIR_ABI nadir_u32 nadir_stop(struct nadir_session* session, struct nadir_report* report);

/* Frees a stopped session. Passive. */
NADIR_ABI void nadir_release(struct nadir_session* session);

/* A processor comes (enter) or goes (leave) while the session is active. On that processor, interrupts off. Leaving a
 * processor that is not virtualised is not an error. */
NADIR_ABI nadir_u32 nadir_enter_processor(struct nadir_session* session, nadir_u32 processor,
                                          struct nadir_report* report);
NADIR_ABI nadir_u32 nadir_leave_processor(struct nadir_session* session, nadir_u32 processor);

/* Is this session's processor virtualised? Any context. */
NADIR_ABI nadir_u32 nadir_processor_active(const struct nadir_session* session, nadir_u32 processor);

/* Answers of a session, active or stopped. Context: not preempted to another processor in mid-call (interrupts or
 * preemption off). nadir_read_log takes and gives what struct nadir_log_request holds. */
NADIR_ABI nadir_u32 nadir_get_state(const struct nadir_session* session, struct nadir_state* state);
NADIR_ABI nadir_u32 nadir_get_statistics(const struct nadir_session* session, nadir_u32 processor,
                                         struct nadir_statistics* statistics);
NADIR_ABI nadir_u32 nadir_read_log(const struct nadir_session* session, struct nadir_log_request* request);

/* The flight recorder of a processor, whatever its state: takes `processor` and fills in the rest of the request. Context as
 * before. */
NADIR_ABI nadir_u32 nadir_read_recorder(const struct nadir_session* session, struct nadir_recorder_request* request);

/* The watchdog's look, once per period, at the processors from number `first` on: the next one whose root mode has not come
 * back since the last look, NADIR_ANY_PROCESSOR for none. The host sends that one an NMI, and asks again with `first` behind
 * it. Needs two virtualised processors to find anything. Context as before, on a virtualised processor of an active session
 * (elsewhere the answer is NADIR_ANY_PROCESSOR). */
NADIR_ABI nadir_u32 nadir_watch(const struct nadir_session* session, nadir_u32 first);

/* The fields of a processor's VMCS: live, or as it was when root mode stopped the processor; source NADIR_VMCS_NONE for
 * one that is not virtualised. NADIR_ANY_PROCESSOR: of the last VM entry of this session that failed. Passive. */
NADIR_ABI nadir_u32 nadir_read_vmcs(const struct nadir_session* session, nadir_u32 processor, struct nadir_vmcs* vmcs);

/* For a record that the host reads from a running processor's log: where it speaks of a VM entry that failed, which rules
 * the VMCS breaks goes to the host's own log (NADIR_ANY_PROCESSOR). Passive. */
NADIR_ABI void nadir_explain_log_record(struct nadir_session* session, const struct nadir_log_record* record);

/* Reads what this processor can do (nadir::arch::Capabilities). `out`: NADIR_CAPABILITIES_BYTES. Any context, CPL 0. */
NADIR_ABI void nadir_read_capabilities(void* out);

/* Events (docs/events.md). From here on each virtualised processor, also one that comes later, leaves an event for what the
 * filter asks for. Fails when somebody has the session's events already. Passive, with the set of online processors held
 * still. */
NADIR_ABI nadir_u32 nadir_events_begin(struct nadir_session* session, const struct nadir_event_filter* filter,
                                       struct nadir_report* report);

/* The next events of a processor: takes `processor` and `next` and fills in the rest. Also of a session that has stopped
 * meanwhile, until nadir_events_end or nadir_release. Any context. */
NADIR_ABI nadir_u32 nadir_events_read(const struct nadir_session* session, struct nadir_events_read_request* request);

/* No exit is optional any more; the events are gone. Without events nothing is done. Passive, as nadir_events_begin. */
NADIR_ABI nadir_u32 nadir_events_end(struct nadir_session* session, struct nadir_report* report);

/* Rules (docs/reactions.md): takes what to do, and gives what there is. They hold on every virtualised processor, also on one
 * that comes later, until they are removed or the session stops. Returns the report's status. Passive, as nadir_events_begin. */
NADIR_ABI nadir_u32 nadir_change_rules(struct nadir_session* session, struct nadir_rules_request* request);

/* Hooks (docs/views.md): hidden breakpoints, at guest-physical addresses, on all virtualised processors. The session must have been
 * started with hook_pages. All are set, or none, and the report says why. Passive, with the set of online processors held still. */
NADIR_ABI nadir_u32 nadir_hooks_begin(struct nadir_session* session, const struct nadir_hook* hooks, nadir_u32 count,
                                      struct nadir_report* report);

/* What became of one of them, numbered as in the call above. On a virtualised processor. */
NADIR_ABI nadir_u32 nadir_hooks_read(const struct nadir_session* session, nadir_u32 hook,
                                     struct nadir_hook_state* state);

/* What hidden pages cost this processor, which must be virtualised; NADIR_BAD_ARGUMENT: there are none. Not preempted. */
NADIR_ABI nadir_u32 nadir_views_read(const struct nadir_session* session, struct nadir_view_state* state);

/* Nothing is hidden any more. Without hooks nothing is done. Passive, as nadir_hooks_begin. */
NADIR_ABI nadir_u32 nadir_hooks_end(struct nadir_session* session, struct nadir_report* report);

/* An extension that is compiled in, numbered from 0 (docs/extensions.md), with its counters on that processor; NADIR_BAD_ARGUMENT:
 * there is none of that number. Without a session, or of one that has stopped, the counters are 0; of an active one on a virtualised
 * processor. Not preempted. */
NADIR_ABI nadir_u32 nadir_read_extension(const struct nadir_session* session, nadir_u32 number, nadir_u32 processor,
                                         struct nadir_extension* extension);
/* The EPT's entries on the way to a guest-physical address (docs/memory.md): takes what the request has behind its header, and fills in
 * the report and the walk. Passive, with the set of online processors held still. */
NADIR_ABI nadir_u32 nadir_memory_ept(const struct nadir_session* session, struct nadir_memory_ept_request* request);

/* Puts this processor, which must be virtualised, into the state after INIT, waiting for a start-up IPI: it comes back
 * when its guest's other processors start it. For a host that starts a guest system from scratch (the bare host).
 * Does not return. Interrupts off. */
NADIR_ABI void nadir_wait_for_startup(struct nadir_session* session);

/* The same as if the start-up IPI had come, with this vector. */
NADIR_ABI void nadir_start_up(struct nadir_session* session, nadir_u32 vector);

/* For tests: root mode makes a mistake (enum nadir_provocation) on this processor, which is lost by it; the log has the
 * report. NADIR_BAD_ARGUMENT unless the session was started with allow_provoke. */
NADIR_ABI nadir_u32 nadir_provoke(const struct nadir_session* session, nadir_u32 provocation);

/* control/messages: words for a status, a step, a log record. `size` > 0; always NUL-terminated. Any context. */
NADIR_ABI const char* nadir_status_text(nadir_u32 status);
NADIR_ABI const char* nadir_step_text(nadir_u32 step);
NADIR_ABI nadir_u64 nadir_format_log_record(const struct nadir_log_record* record, char* text, nadir_u64 size);

#ifdef __cplusplus
}
#endif
