/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The flight recorder: per processor one page with its last VM exits. Root mode writes it at every exit but those that
 * cpu/exit.S answers by itself; it stays readable when the processor is dead, and a reader that has nothing but an image of
 * the machine's physical memory finds it: it begins at the beginning of a page, with a magic number.
 *
 * A record that is whole, at whatever moment it is looked at (control/exit_ring_reader.h):
 *   its number n is below `begun` and not below begun - NADIR_EXIT_RING_RECORDS, and its `sequence` is n.
 * The writer first raises `begun`, then fills the record, and writes `sequence` last.
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What became of an exit; core/exits/outcome.h has the same numbers. */
enum nadir_exit_outcome {
    NADIR_EXIT_IN_WORK = 0, /* root mode has not come back from it */
    NADIR_EXIT_ADVANCED = 1,
    NADIR_EXIT_RETRIED = 2,
    NADIR_EXIT_RAISED_UD = 3,
    NADIR_EXIT_RAISED_GP = 4,
    NADIR_EXIT_LEFT = 5, /* left VMX operation */
    NADIR_EXIT_UNEXPECTED = 6
};

struct nadir_exit_record {
    nadir_u64 time; /* time-stamp counter */
    nadir_u64 rip;
    nadir_u64 qualification; /* as a reader gives it: 0 where the manual has none. Not written then: see below */
    nadir_u64 detail;   /* by reason. CPUID, XSETBV, WRMSR: ECX and, in the upper half, EAX; RDMSR: ECX; VMCALL: ECX and
                                EDX; control-register access: the general register's value; EPT violation and
                                misconfiguration: guest-physical address; otherwise 0 */
    nadir_u32 sequence; /* low half of its number; per processor, from 0, without gaps */
    nadir_u32 cpuids;   /* low half of the number of CPUID exits before this exit, with those that were not recorded */
    nadir_u32 event;    /* interruption information of an exception or NMI, otherwise of the event in whose delivery the
                           exit came; bit 31 clear: none. Not written for instructions that have no qualification: they
                           run outside the delivery of any event */
    nadir_u16 reason;   /* basic exit reason; 33, 34 and 41 are VM entries that failed */
    nadir_u16 outcome;  /* enum nadir_exit_outcome */
};

/* "NadirExitRecords" */
#define NADIR_EXIT_RING_MAGIC_LOW 0x697845726964614Eull
#define NADIR_EXIT_RING_MAGIC_HIGH 0x7364726F63655274ull
#define NADIR_EXIT_RING_VERSION 2u
#define NADIR_EXIT_RING_RECORDS 84u

struct nadir_exit_ring {
    nadir_u64 magic[2];
    nadir_u32 version; /* of this layout */
    nadir_u32 processor;
    nadir_u32 record_bytes;
    nadir_u32 capacity;
    nadir_u32 state; /* enum nadir_processor_state, as root mode knows it */
    nadir_u32 reserved;
    nadir_u64 started; /* time-stamp counter, when the ring was empty */
    nadir_u64 begun;   /* exits begun: the number of the next record */
    nadir_u64 reserved2;
    struct nadir_exit_record records[NADIR_EXIT_RING_RECORDS]; /* number n is at n % capacity */
};

#ifdef __cplusplus
}
#endif
