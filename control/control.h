/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The control interface: everything that crosses between the `nadir` command, a host (Linux module, Windows driver, bare
 * host) and the core. C and C++ both include it. All structures have the same layout on every host and compiler;
 * reserved fields are zero.
 */
#pragma once

#include "control/event_ring.h"
#include "control/exit_ring.h"
#include "control/hooks.h"
#include "control/memory.h"
#include "control/rules.h"
#include "control/status.h"
#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever a structure or a code below changes its meaning. A tool and a host of different versions refuse. */
#define NADIR_CONTROL_VERSION 5u

/* The steps of a start, in their order; a report names the one that failed, and tests let each fail. The steps that execute
 * a VMX instruction fail for real then: the processor is given something that it must refuse. */
enum nadir_step {
    NADIR_STEP_NONE = 0,
    NADIR_STEP_PROBE = 1,
    NADIR_STEP_ALLOCATE = 2,
    NADIR_STEP_PREPARE = 3,         /* root-mode world, EPT */
    NADIR_STEP_CHECK_PROCESSOR = 4, /* probe on each processor */
    NADIR_STEP_FEATURE_CONTROL = 5,
    NADIR_STEP_CONTROL_REGISTERS = 6,
    NADIR_STEP_VMXON = 7,
    NADIR_STEP_VMCLEAR = 8,
    NADIR_STEP_VMPTRLD = 9,
    NADIR_STEP_VMCS = 10,
    NADIR_STEP_LAUNCH = 11,
    NADIR_STEP_ENTRY = 12,   /* the VM entry itself: the checks on the guest's state */
    NADIR_STEP_CONFIRM = 13, /* the first hypercall */
    NADIR_STEP_SEAL = 14,    /* does the guest see our memory? */
    NADIR_STEP_COUNT = 15
};

enum nadir_level { NADIR_LEVEL_ERROR = 0, NADIR_LEVEL_WARNING = 1, NADIR_LEVEL_INFO = 2, NADIR_LEVEL_DEBUG = 3 };

#define NADIR_ANY_PROCESSOR 0xFFFFFFFFu

/* Mistakes that root mode can be made to make, to see that each ends in a report. */
enum nadir_provocation {
    NADIR_PROVOKE_INVALID_OPCODE = 1,
    NADIR_PROVOKE_STACK_OVERFLOW = 2, /* runs into the guard page */
    NADIR_PROVOKE_WRITE_CODE = 3,
    NADIR_PROVOKE_EXECUTE_DATA = 4,
    NADIR_PROVOKE_GUEST_MEMORY = 5,    /* reads memory of the guest, which root mode doesn't map */
    NADIR_PROVOKE_GUEST_STATE = 6,     /* a guest state that the next VM entry refuses: exit 33 */
    NADIR_PROVOKE_CONTROLS = 7,        /* controls that VMRESUME refuses: VMfail */
    NADIR_PROVOKE_HANG = 8,            /* an endless loop */
    NADIR_PROVOKE_FAULT_IN_REPORT = 9, /* a fault whose report faults, too */
    NADIR_PROVOKE_FAULT_IN_LOCK = 10,  /* a fault while it holds the lock of the EPT tables */
    NADIR_PROVOKE_COUNT = 11
};

/* How a start is wished for. */
struct nadir_options {
    nadir_u32 log_level;      /* enum nadir_level: what is recorded in root mode */
    nadir_u32 com1;           /* I/O port of a UART that a fault in root may write to (usually 0x3F8), 0 for none */
    nadir_u32 fail_step;      /* enum nadir_step that is to fail (tests), NADIR_STEP_NONE for none */
    nadir_u32 fail_processor; /* on which processor, or NADIR_ANY_PROCESSOR */
    nadir_u32 allow_provoke;  /* 1: nadir_provoke is answered (tests of root mode's fault handling) */
    nadir_u32 fail_field;     /* tests, and to learn: this field of the VMCS gets fail_value before the VM entry on
                                 fail_processor; 0 for none */
    nadir_u64 fail_value;
    nadir_u32 record_every_exit; /* 1: the flight recorder sees every CPUID, too; each then costs what other exits do */
    nadir_u32
        hook_pages; /* 4-KiB pages to keep for hidden pages (control/hooks.h): a copy of each and their tables; 0: none */
    nadir_u32 gdb_port; /* I/O port of a UART by which GDB may debug the system (docs/debugging.md); 0: none */
    nadir_u32 reserved2;
};

/* What came of a request, in numbers and in words. */
struct nadir_report {
    nadir_u32 status;    /* enum nadir_status */
    nadir_u32 step;      /* enum nadir_step */
    nadir_u32 processor; /* host's number, or NADIR_ANY_PROCESSOR */
    nadir_u32 reserved;
    nadir_u64 detail[4]; /* by status; see the enum */
    char text[400];      /* NUL-terminated: what was asked, what the processor answered, the rule, what to do */
};

enum nadir_processor_state {
    NADIR_PROCESSOR_ABSENT = 0, /* the host has no such processor */
    NADIR_PROCESSOR_OFF = 1,    /* not virtualised */
    NADIR_PROCESSOR_ON = 2,     /* in VMX non-root operation */
    NADIR_PROCESSOR_DEAD = 3,   /* root mode stopped it after a fault; the log has the report */
    NADIR_PROCESSOR_STUCK = 4   /* root mode has not come back from a VM exit for a whole period of the watchdog */
};

struct nadir_state {
    nadir_u32 active;     /* 1 while at least one processor is virtualised */
    nadir_u32 processors; /* slots: valid processor numbers are below this */
    nadir_u32 processors_on;
    nadir_u32 gdb_port;            /* where the debugger listens while active, 0: there is none */
    nadir_u64 bytes_total;         /* all memory that Nadir holds, in bytes */
    nadir_u64 bytes_per_processor; /* of it, per processor */
    nadir_u64 bytes_ept;           /* of it, EPT tables in use */
    nadir_u64 bytes_image;         /* of it, root mode's private copy of the image */
    nadir_u64 starts;              /* successful starts since the host was loaded */
    nadir_u64 physical_address_bits;
    nadir_u64 vpid; /* 1 when VPID is in use */
    nadir_u64 reserved2[6];
};

/* Basic exit reasons are numbered from 0; those of newer manuals than this one are counted in the last place. */
#define NADIR_EXIT_REASONS 88u

struct nadir_statistics {
    nadir_u32 processor;
    nadir_u32 state;       /* enum nadir_processor_state */
    nadir_u64 enter_ticks; /* time-stamp counter ticks from the first to the last instruction of entering */
    nadir_u64 leave_ticks; /* the same of leaving; 0 until left */
    nadir_u64 exits_total;
    nadir_u64 nmi_in_root;       /* NMIs that arrived in root mode (each is handed to the guest) */
    nadir_u64 events_reinjected; /* events whose delivery a VM exit had interrupted */
    nadir_u64 log_lost;          /* log records overwritten before anybody read them */
    nadir_u64 reserved;
    nadir_u64 exits[NADIR_EXIT_REASONS];
};

/* One log record. The text is made by nadir_format_log_record, in the reader. */
struct nadir_log_record {
    nadir_u64 time;     /* time-stamp counter */
    nadir_u32 sequence; /* per processor, from 0, without gaps */
    nadir_u16 processor;
    nadir_u8 level;   /* enum nadir_level */
    nadir_u8 message; /* control/messages.h */
    nadir_u64 argument[6];
};

/* ------------------------------------------------------------------------------------------------------------------
 * Requests of the device (/dev/nadir, \\.\Nadir). Each structure starts with a header that the caller fills.
 */
struct nadir_header {
    nadir_u32 version; /* NADIR_CONTROL_VERSION */
    nadir_u32 size;    /* sizeof of the whole structure */
};

struct nadir_on_request { /* needs CAP_SYS_ADMIN / administrator */
    struct nadir_header header;
    struct nadir_options options; /* in */
    struct nadir_report report;   /* out */
};

struct nadir_off_request {
    struct nadir_header header;
    struct nadir_report report; /* out */
};

struct nadir_state_request {
    struct nadir_header header;
    struct nadir_state state; /* out */
};

struct nadir_statistics_request {
    struct nadir_header header;
    nadir_u32 processor; /* in */
    nadir_u32 reserved;
    struct nadir_statistics statistics; /* out; of the last run when not active */
};

#define NADIR_LOG_BATCH 32u

struct nadir_log_request {
    struct nadir_header header;
    nadir_u32 processor; /* in; NADIR_ANY_PROCESSOR: the host's own log (start, stop) */
    nadir_u32 next;      /* in: first sequence number wanted; out: the one to ask for next */
    nadir_u32 count;     /* out: records filled */
    nadir_u32 lost;      /* out: records that were overwritten before `next` reached them */
    struct nadir_log_record records[NADIR_LOG_BATCH]; /* out */
};

#define NADIR_CAPABILITIES_BYTES 1024u

struct nadir_capabilities_request {
    struct nadir_header header;
    nadir_u8 capabilities[NADIR_CAPABILITIES_BYTES]; /* out: nadir::arch::Capabilities of the processor it ran on */
};

/* Where the fields of a VMCS were read. */
enum nadir_vmcs_source {
    NADIR_VMCS_NONE = 0,         /* there is none to be read: count is 0 */
    NADIR_VMCS_LIVE = 1,         /* by VMREAD on its processor, at the VM exit of this very request */
    NADIR_VMCS_FAILED_ENTRY = 2, /* when the VM entry of a start was refused; kept until the next start */
    NADIR_VMCS_DEAD = 3          /* when root mode stopped its processor */
};

#define NADIR_VMCS_FIELDS 224u

struct nadir_vmcs_field {
    nadir_u32 encoding; /* [SDM3 "Field Encoding in VMCS"] */
    nadir_u32 reserved;
    nadir_u64 value; /* zero-extended */
};

/* The fields of a processor's VMCS that the processor has; those that VMREAD refuses are left out. */
struct nadir_vmcs {
    nadir_u32 processor;
    nadir_u32 source;      /* enum nadir_vmcs_source */
    nadir_u32 count;       /* of fields filled */
    nadir_u32 exit_reason; /* source NADIR_VMCS_FAILED_ENTRY: of the failed entry, 0 for a VMfail (the field then has
                              what an earlier exit left) */
    struct nadir_vmcs_field fields[NADIR_VMCS_FIELDS];
};

struct nadir_vmcs_request {
    struct nadir_header header;
    nadir_u32 processor; /* in; NADIR_ANY_PROCESSOR: of the last entry that failed, at or since the last start */
    nadir_u32 reserved;
    struct nadir_vmcs vmcs; /* out */
};

struct nadir_recorder_request {
    struct nadir_header header;
    nadir_u32 processor;   /* in */
    nadir_u32 count;       /* out: records filled */
    nadir_u64 begun;       /* out: VM exits begun; the newest record has the number begun - 1 */
    nadir_u64 cpuid_exits; /* out: CPUID exits so far, with those that were not recorded */
    nadir_u32 state;       /* out: enum nadir_processor_state */
    nadir_u32 reserved;
    struct nadir_exit_record records[NADIR_EXIT_RING_RECORDS]; /* out: oldest first; of the last run when not active */
};

/* Events (docs/events.md). */
#define NADIR_EVENT_RANGES 32u

/* What a range is of. */
enum nadir_range {
    NADIR_RANGE_MSR = 0,              /* number of the MSR, of RDMSR and WRMSR */
    NADIR_RANGE_IO_PORT = 1,          /* of each byte that an access reaches */
    NADIR_RANGE_EXCEPTION = 2,        /* vector */
    NADIR_RANGE_CPUID_LEAF = 3,       /* EAX of CPUID */
    NADIR_RANGE_CONTROL_REGISTER = 4, /* number: 0, 4 or 8 */
    NADIR_RANGE_KINDS = 5
};

/* The kinds of ranges that this version can be asked for, as bits 1 << enum nadir_range. */
#define NADIR_RANGES_BUILT                                                                                             \
    ((1u << NADIR_RANGE_MSR) | (1u << NADIR_RANGE_CPUID_LEAF) | (1u << NADIR_RANGE_IO_PORT) |                          \
     (1u << NADIR_RANGE_EXCEPTION) | (1u << NADIR_RANGE_CONTROL_REGISTER))

struct nadir_event_range {
    nadir_u32 what; /* enum nadir_range */
    nadir_u32 first;
    nadir_u32 last; /* inclusive */
};

enum nadir_event_option {
    NADIR_EVENT_OPTION_REGISTERS = 1 /* the general registers with each event: struct nadir_event_registers */
};

/* Which event options this version knows. */
#define NADIR_EVENT_OPTIONS_BUILT 1u

/* Which events are asked for. */
struct nadir_event_filter {
    nadir_u32 kinds;       /* bits 1 << enum nadir_event_kind; at least one */
    nadir_u32 range_count; /* without a range of a kind: all that can be watched */
    struct nadir_event_range ranges[NADIR_EVENT_RANGES];
    nadir_u32 options;      /* enum nadir_event_option */
    nadir_u32 memory_count; /* NADIR_EVENT_MEMORY needs at least one */
    struct nadir_memory_range memory[NADIR_MEMORY_RANGES];
};

/* The events are those of this open device until it asks for their end or is closed. Only one at a time has them. */
struct nadir_events_begin_request {
    struct nadir_header header;
    struct nadir_event_filter filter; /* in */
    struct nadir_report report;       /* out */
};

#define NADIR_EVENT_BATCH 120u

/* Whose an event is. The host knows, not root mode; all zero where it doesn't. */
#define NADIR_PROCESS_KNOWN 1u
#define NADIR_PROCESS_OF_KERNEL 2u /* a thread of the kernel's own */

struct nadir_event_process {
    nadir_u32 process; /* the system's number of it: on Linux the PID, 0 for a processor's idle thread */
    nadir_u32 thread;
    nadir_u32 flags;
    nadir_u32 reserved;
    char name[16]; /* of the thread; NUL-terminated */
};

struct nadir_events_read_request {
    struct nadir_header header;
    nadir_u32 processor; /* in */
    nadir_u32 count;     /* out: events filled */
    nadir_u64 next;      /* in: number of the first event wanted; out: the one to ask for next */
    nadir_u64 lost;      /* out: events that were overwritten before `next` reached them */
    nadir_u32 over;      /* out: 1: Nadir was turned off, and with it the events */
    nadir_u32 reserved;
    struct nadir_event events[NADIR_EVENT_BATCH];            /* out */
    struct nadir_event_process processes[NADIR_EVENT_BATCH]; /* out: of the event in the same place */
};

struct nadir_events_end_request {
    struct nadir_header header;
    struct nadir_report report; /* out */
};

struct nadir_rules_request {
    struct nadir_header header;
    nadir_u32 operation;        /* in: enum nadir_rules_operation */
    nadir_u32 number;           /* in: the rule to remove; out: of the rule that was added */
    struct nadir_rule rule;     /* in: to be added */
    struct nadir_report report; /* out */
    nadir_u32 count;            /* out: rules there are behind the operation, whether it worked or not */
    nadir_u32 reserved;
    struct nadir_listed_rule rules[NADIR_RULES]; /* out */
};

#include "control/hook_requests.h"
#include "control/extensions.h"
/* Its requests have a header and a report of those above. */
#include "control/inspect.h"

/* Function numbers; Linux makes _IOWR('N', n, struct ...) of them, Windows CTL_CODE(.., 0x800 + n, METHOD_BUFFERED, ..). */
enum nadir_function {
    NADIR_FUNCTION_ON = 1,
    NADIR_FUNCTION_OFF = 2,
    NADIR_FUNCTION_STATE = 3,
    NADIR_FUNCTION_STATISTICS = 4,
    NADIR_FUNCTION_LOG = 5,
    NADIR_FUNCTION_CAPABILITIES = 6,
    NADIR_FUNCTION_VMCS = 7,
    NADIR_FUNCTION_RECORDER = 8,
    NADIR_FUNCTION_EVENTS_BEGIN = 9,
    NADIR_FUNCTION_EVENTS_READ = 10,
    NADIR_FUNCTION_EVENTS_END = 11,
    NADIR_FUNCTION_RULES = 16,
    NADIR_FUNCTION_HOOKS_SET = 17,
    NADIR_FUNCTION_HOOKS_CLEAR = 18,
    NADIR_FUNCTION_HOOKS_LIST = 19,
    NADIR_FUNCTION_EXTENSION = 24,
    NADIR_FUNCTION_MEMORY_READ = 21,
    NADIR_FUNCTION_MEMORY_SPACE = 22,
    NADIR_FUNCTION_MEMORY_EPT = 23
};

#ifdef __cplusplus
}
#endif
