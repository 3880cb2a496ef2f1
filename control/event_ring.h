/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Events: what somebody asked to see of the processors (docs/events.md). Root mode writes them into a ring per processor that
 * the host has allocated and reads while they come. Root mode never reads a ring: neither who fills it by mistake nor who
 * changes it on purpose can make it wait, or write anywhere else.
 *
 * An event that is whole (control/event_ring_reader.h): its number n is below `begun` and not below
 * begun - NADIR_EVENT_RING_EVENTS, and its `sequence` is n + 1. The writer first raises `begun`, then fills the event, and
 * writes `sequence` last. Older events are overwritten: whoever is too slow loses the oldest, and can tell how many.
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of events. As a bit in nadir_event_filter.kinds: 1 << kind. */
enum nadir_event_kind {
    NADIR_EVENT_CPUID = 0,  /* leaf and, in the upper half, subleaf; EAX and EBX; ECX and EDX of the answer */
    NADIR_EVENT_RDMSR = 1,  /* number of the MSR; its value, 0 when it raised an exception */
    NADIR_EVENT_WRMSR = 2,  /* number of the MSR; the value to write */
    NADIR_EVENT_XSETBV = 3, /* number of the extended control register; the value to write */
    NADIR_EVENT_VMX = 4,    /* basic exit reason: which of the VMX instructions */
    /* Of the next four the processor itself carries the instruction out, or raises what it raises: outcome "retried". */
    NADIR_EVENT_CONTROL_REGISTER =
        5,                         /* register (0, 4, 8) and, from bit 8, enum nadir_register_access; value to write, or
                                       * read of CR8; value before. A write that changes nothing of CR0 and CR4 is none */
    NADIR_EVENT_ADDRESS_SPACE = 6, /* value to write to CR3; value before */
    NADIR_EVENT_DEBUG_REGISTER = 7, /* register and, from bit 8, enum nadir_register_access; value to write, or read */
    NADIR_EVENT_DESCRIPTOR_TABLE =
        8,                      /* enum nadir_descriptor_instruction; address of the operand, or a register's selector;
                                       * 1 when the operand is a register */
    NADIR_EVENT_RDTSC = 9,      /* 0 RDTSC, 1 RDTSCP; the counter; IA32_TSC_AUX (RDTSCP) */
    NADIR_EVENT_RDPMC = 10,     /* ECX; the counter, 0 when it raised an exception */
    NADIR_EVENT_IO = 11,        /* port; enum nadir_event_io; the value, 0 when it is not known (string, refused) */
    NADIR_EVENT_EXCEPTION = 12, /* enum nadir_event_exception; error code; address of #PF, what DR6 gets of #DB */
    NADIR_EVENT_INTERRUPT = 13, /* vector */
    NADIR_EVENT_SYSTEM_CALL = 14, /* SYSCALL: RAX, RDI, RSI */
    NADIR_EVENT_MEMORY = 15,      /* guest-physical address; linear address, if known; enum nadir_event_memory */
    NADIR_EVENT_HOOK = 16,        /* number of the hook; RDI; RSI */
    NADIR_EVENT_RULE =
        17, /* number of a rule that answered instead; what was asked, as the first two words of the other kind
                              of event: leaf and subleaf; MSR; MSR and value; number of the control register and value */
    NADIR_EVENT_REGISTERS = 18, /* no event: struct nadir_event_registers. Can't be asked for as a kind */
    NADIR_EVENT_KINDS = 19
};

/* Word 1 of NADIR_EVENT_IO: the number of bytes, and these. */
enum nadir_event_io {
    NADIR_EVENT_IO_BYTES = 0x7,
    NADIR_EVENT_IO_IN = 0x8, /* otherwise OUT */
    NADIR_EVENT_IO_STRING = 0x10,
    NADIR_EVENT_IO_REP = 0x20 /* an event for each round */
};

/* Word 0 of NADIR_EVENT_EXCEPTION: the vector, the type as in the VM-exit interruption information, and what became of it when it
 * came in the midst of delivering another event. */
enum nadir_event_exception {
    NADIR_EVENT_EXCEPTION_VECTOR = 0xFF,
    NADIR_EVENT_EXCEPTION_TYPE = 0x700, /* 3: hardware exception; 5: INT1; 6: INT3, INTO */
    NADIR_EVENT_EXCEPTION_HAS_CODE = 0x800,
    NADIR_EVENT_EXCEPTION_DOUBLE = 0x10000,
    NADIR_EVENT_EXCEPTION_TRIPLE = 0x20000
};

enum nadir_register_access {
    NADIR_REGISTER_WRITTEN = 0,
    NADIR_REGISTER_READ = 1,
    NADIR_REGISTER_CLTS = 2, /* CR0.TS */
    NADIR_REGISTER_LMSW = 3  /* the lower bits of CR0 */
};

enum nadir_descriptor_instruction {
    NADIR_SGDT = 0,
    NADIR_SIDT = 1,
    NADIR_LGDT = 2,
    NADIR_LIDT = 3,
    NADIR_SLDT = 4,
    NADIR_STR = 5,
    NADIR_LLDT = 6,
    NADIR_LTR = 7
};

/* The kinds that this version can be asked for. */
#define NADIR_EVENTS_BUILT                                                                                             \
    ((1u << NADIR_EVENT_CPUID) | (1u << NADIR_EVENT_RDMSR) | (1u << NADIR_EVENT_WRMSR) | (1u << NADIR_EVENT_XSETBV) |  \
     (1u << NADIR_EVENT_VMX) | (1u << NADIR_EVENT_CONTROL_REGISTER) | (1u << NADIR_EVENT_ADDRESS_SPACE) |              \
     (1u << NADIR_EVENT_DEBUG_REGISTER) | (1u << NADIR_EVENT_DESCRIPTOR_TABLE) | (1u << NADIR_EVENT_RDTSC) |           \
     (1u << NADIR_EVENT_RDPMC) | (1u << NADIR_EVENT_IO) | (1u << NADIR_EVENT_EXCEPTION) |                              \
     (1u << NADIR_EVENT_INTERRUPT) | (1u << NADIR_EVENT_SYSTEM_CALL) | (1u << NADIR_EVENT_RULE) |                      \
     (1u << NADIR_EVENT_HOOK) | (1u << NADIR_EVENT_MEMORY))

struct nadir_event {
    nadir_u64 time;           /* time-stamp counter, before the instruction was carried out */
    nadir_u64 rip;            /* of the instruction */
    nadir_u64 cr3;            /* the guest's: which address space */
    nadir_u64 word[3];        /* by kind */
    nadir_u32 sequence;       /* low half of its number + 1; per processor, without gaps */
    nadir_u16 kind;           /* enum nadir_event_kind */
    nadir_u8 outcome;         /* enum nadir_exit_outcome: carried out, or which exception it raised */
    nadir_u8 privilege_level; /* at which the instruction ran */
    nadir_u64 reserved;
};

/* The general registers before the instruction, with NADIR_EVENT_OPTION_REGISTERS: records of this form stand in the ring behind
 * their event. They can be whole before it is, and which event's they are stands in each: who has lost some of it can tell. */
#define NADIR_EVENT_REGISTER_PARTS 3u

struct nadir_event_registers {
    nadir_u64 value[6]; /* part 0: RAX, RCX, RDX, RBX, RSP, RBP; 1: RSI, RDI, R8 to R11; 2: R12 to R15, RFLAGS, 0 */
    nadir_u32 sequence; /* as of any record */
    nadir_u16 kind;     /* NADIR_EVENT_REGISTERS */
    nadir_u8 part;      /* it is number `event` + 1 + `part` */
    nadir_u8 reserved;
    nadir_u64 event; /* number of the event */
};

#define NADIR_EVENT_RING_PAGES 16u
#define NADIR_EVENT_RING_EVENTS 1023u

struct nadir_event_ring {
    nadir_u64 begun; /* events begun; the newest has the number begun - 1 */
    nadir_u64 reserved[7];
    struct nadir_event events[NADIR_EVENT_RING_EVENTS]; /* number n is at n % NADIR_EVENT_RING_EVENTS */
};

#ifdef __cplusplus
}
#endif
