/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * What the files about hooks share. All with host_lock held.
 */
#pragma once

#include <linux/module.h>
#include <linux/types.h>

#include "control/control.h"

/* Where a hook is. */
struct hook_place {
    u64 physical;
    char module[MODULE_NAME_LEN]; /* empty: the kernel itself */
};

/* hook_place.c: NADIR_OK, or why there can't be a hook at this linear address. */
u32 hook_place_find(u64 address, struct hook_place *place, struct nadir_report *report);
/* A module begins to go: nothing of it is to be hooked any more; or one of that name comes. */
void hook_place_goes(const char *module);
void hook_place_comes(const char *module);

/* hooks.c: code of this module goes; only that outside of `stays`, if it isn't null. */
struct compat_range;
void hooks_drop_module(const char *module, const struct compat_range *stays);
