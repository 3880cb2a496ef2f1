/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Hooks by the device's requests (docs/hooks.md). Addresses are the system's own, linear ones of its kernel: the host knows
 * where they lie. Included by control/control.h, whose header and report the structures have.
 *
 * Hooks belong to the open device that has set them, and go with it, unless they were set to stay. All users' hooks are one set
 * for the core, and so a change is an end of all hooks and a new beginning: what passes in that moment isn't seen by anybody.
 */
#pragma once

#include "control/hooks.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Hooks that there can be, of all users together; and how many are set or told by one request. */
#define NADIR_HOOKS 512u
#define NADIR_HOOK_BATCH 128u

/* What `nadir on` keeps for hidden pages unless told otherwise: a quarter of a MiB is enough for some 40 functions of a kernel that has
 * 16 MiB of code. */
#define NADIR_HOOK_PAGES_USUAL 64u

struct nadir_hook_wish {
    nadir_u64 address; /* linear, of the first byte of an instruction of the kernel or of a module */
    nadir_u64 target;  /* NADIR_HOOK_REDIRECT: linear address; NADIR_HOOK_CALL: number of the extension */
    nadir_u32 kind;    /* enum nadir_hook_kind */
    nadir_u32 reserved;
};

struct nadir_hooks_set_request {
    struct nadir_header header;
    nadir_u32 count; /* in: all of them are set, or none */
    nadir_u32 stay;  /* in: 1: they are nobody's, and stay when the device is closed */
    struct nadir_hook_wish hooks[NADIR_HOOK_BATCH];
    struct nadir_report report; /* out; about one of the hooks: detail[0] is its linear address */
};

/* One's own can still be listed, as gone, with what they came to, until new ones are set or the device is closed. */
struct nadir_hooks_clear_request {
    struct nadir_header header;
    nadir_u32 staying;          /* in: 0: those of this open device go; 1: those that are nobody's */
    nadir_u32 removed;          /* out: how many went */
    struct nadir_report report; /* out */
};

enum nadir_listed_hook_flag {
    NADIR_HOOK_MINE = 1,  /* of the open device that asks */
    NADIR_HOOK_STAYS = 2, /* nobody's */
    NADIR_HOOK_GONE = 4   /* not set any more: its module was unloaded, or Nadir was turned off */
};

/* In a place of its own that no hook has: one that is gone. */
#define NADIR_HOOK_NO_NUMBER 0xFFFFFFFFu

struct nadir_listed_hook {
    struct nadir_hook_wish wish;
    nadir_u64 physical;
    nadir_u64 hits;    /* since it was set */
    nadir_u64 changes; /* how often the system wrote another byte there */
    nadir_u32 number;  /* the one that events have at the moment; a change of the set may change it */
    nadir_u32 flags;   /* enum nadir_listed_hook_flag */
};

struct nadir_hooks_list_request {
    struct nadir_header header;
    nadir_u32 first; /* in: so many are left out */
    nadir_u32 count; /* out: hooks filled */
    nadir_u32 total; /* out: hooks that there are */
    nadir_u32 reserved;
    struct nadir_listed_hook hooks[NADIR_HOOK_BATCH]; /* out; in the order in which they were set */
};

#ifdef __cplusplus
}
#endif
