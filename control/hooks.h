/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Hooks: hidden breakpoints (docs/views.md). An address is guest-physical: where the code lies, whoever's page tables lead to it.
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

enum nadir_hook_kind {
    NADIR_HOOK_BREAKPOINT =
        0, /* it is counted and, while somebody asks for it, an event; the instruction is then executed */
    NADIR_HOOK_REDIRECT = 1, /* the same, but execution goes on at `target` instead */
    NADIR_HOOK_CALL = 2      /* the same as a breakpoint, but an extension decides what comes of the instruction */
};

struct nadir_hook {
    nadir_u64 address; /* guest-physical, of the first byte of an instruction */
    nadir_u64 target;  /* NADIR_HOOK_REDIRECT: linear address; NADIR_HOOK_CALL: number of the extension */
    nadir_u32 kind;    /* enum nadir_hook_kind */
    nadir_u32 reserved;
};

struct nadir_hook_state {
    nadir_u64 hits;
    nadir_u64 changes; /* how often the system wrote another byte where the hook is */
    nadir_u64 below;   /* the byte that everybody reads there */
};

/* What the views of this processor and all hidden pages have come to. */
struct nadir_view_state {
    nadir_u64 hidden_pages;
    nadir_u64 pages_in_use;  /* of the memory for tables and copies */
    nadir_u64 switches;      /* from one view to the other, on this processor */
    nadir_u64 steps;         /* instructions that ran with a hidden or watched page open, on this processor */
    nadir_u64 guarded_pages; /* that are watched or protected, in each of their ranges */
    nadir_u64 guard_tables;  /* pages of tables for them */
};

#ifdef __cplusplus
}
#endif
