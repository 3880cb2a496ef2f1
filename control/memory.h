/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Memory that is watched (docs/watchpoints.md). Addresses are guest-physical: where the memory lies, whoever's page tables lead to it.
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nadir_memory_access { NADIR_MEMORY_READ = 1, NADIR_MEMORY_WRITE = 2, NADIR_MEMORY_EXECUTE = 4 };

struct nadir_memory_range {
    nadir_u64 first;
    nadir_u64 last;   /* inclusive */
    nadir_u32 access; /* enum nadir_memory_access: which are events */
    nadir_u32 reserved;
};

#define NADIR_MEMORY_RANGES 16u
#define NADIR_MEMORY_PAGES 4096u /* that all ranges and rules together may touch */

/* Word 2 of NADIR_EVENT_MEMORY: enum nadir_memory_access in the lowest bits, what the instruction did by this access, and these. */
enum nadir_event_memory {
    NADIR_EVENT_MEMORY_ACCESS = 0x7,
    NADIR_EVENT_MEMORY_LINEAR = 0x8,    /* word 1 is valid */
    NADIR_EVENT_MEMORY_WALK = 0x10,     /* the processor's own, on its way through page tables */
    NADIR_EVENT_MEMORY_DELIVERY = 0x20, /* the delivery of an interrupt or exception */
    NADIR_EVENT_MEMORY_EXACT = 0x40 /* the length is known; otherwise it is what the instruction may reach at most */
};
#define NADIR_EVENT_MEMORY_LENGTH 0xFFFF0000u /* the bits with it: bytes from word 0 on */

#ifdef __cplusplus
}
#endif
