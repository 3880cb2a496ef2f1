/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Looking at the running system's memory (docs/memory.md): what is read, where the page tables of a process begin, and the
 * entries of the EPT on the way to a guest-physical address. Walks of page tables are the asker's, by reading. Included by control/control.h, which has what the requests begin with.
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The most that is read at once; never across the end of a page. */
#define NADIR_MEMORY_BYTES 4096u

/* From where the system translates linear addresses: control registers and, of a process, its CR3. */
struct nadir_address_space {
    nadir_u64 cr0;
    nadir_u64 cr3;
    nadir_u64 cr4;
    nadir_u64 efer;
    nadir_u32 physical_bits;
    nadir_u32 large_1g; /* 1: the processor has 1-GiB pages */
    nadir_u32 process;
    nadir_u32 reserved;
    char name[16]; /* of the process; NUL-terminated */
};

/* Which EPT tables. */
enum nadir_ept_tables {
    NADIR_EPT_IN_USE = 0,    /* asked for: those that the processor walks now; the answer is one of the others */
    NADIR_EPT_OF_ALL = 1,    /* what all processors share that are in no view */
    NADIR_EPT_OWN = 2,       /* the processor's own, where those of all are full */
    NADIR_EPT_READING = 3,   /* the reading view (docs/views.md) */
    NADIR_EPT_EXECUTING = 4, /* the executing view */
    NADIR_EPT_STEP = 5,      /* the processor's step tables */
    NADIR_EPT_TABLES = 6
};

#define NADIR_EPT_LEVELS 5u

enum nadir_ept_flag {
    NADIR_EPT_IS_OURS = 1 /* Nadir's own memory lies at this address: the guest finds an empty page there */
};

struct nadir_ept_walk {
    nadir_u32 processor; /* whose EPTP it was */
    nadir_u32 tables;    /* enum nadir_ept_tables */
    nadir_u64 eptp;
    nadir_u32 count;                     /* of entries */
    nadir_u32 flags;                     /* enum nadir_ept_flag */
    nadir_u64 entries[NADIR_EPT_LEVELS]; /* the first one is of the top level */
};

struct nadir_memory_read_request {
    struct nadir_header header;
    nadir_u64 address; /* in: guest-physical */
    nadir_u32 bytes;   /* in: at least one, and none behind the end of the page */
    nadir_u32 reserved;
    struct nadir_report report;        /* out */
    nadir_u8 data[NADIR_MEMORY_BYTES]; /* out */
};

struct nadir_memory_space_request {
    struct nadir_header header;
    nadir_u32 process; /* in: 0: the one that asks */
    nadir_u32 reserved;
    struct nadir_report report;       /* out */
    struct nadir_address_space space; /* out */
};

struct nadir_memory_ept_request {
    struct nadir_header header;
    nadir_u64 address;          /* in: guest-physical */
    nadir_u32 processor;        /* in: NADIR_ANY_PROCESSOR: any that is under Nadir */
    nadir_u32 tables;           /* in: enum nadir_ept_tables */
    struct nadir_report report; /* out */
    struct nadir_ept_walk walk; /* out */
};

#ifdef __cplusplus
}
#endif
