/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Extensions that are compiled in (docs/extensions.md), as their list shows them.
 */
#pragma once

#include "control/types.h"

#ifdef __cplusplus
extern "C" {
#endif

#define NADIR_EXTENSION_COUNTERS 8u
#define NADIR_EXTENSION_TEXT 24u

/* One of them. Texts are NUL-terminated, and cut where they are too long. */
struct nadir_extension {
    nadir_u32 count;                 /* of extensions: numbers are below */
    nadir_u32 counter_count;         /* of those below that it uses */
    char name[NADIR_EXTENSION_TEXT]; /* its file's */
    char version[NADIR_EXTENSION_TEXT];
    char what[104]; /* what it does */
    char counter_names[NADIR_EXTENSION_COUNTERS][NADIR_EXTENSION_TEXT];
    nadir_u64 counters[NADIR_EXTENSION_COUNTERS]; /* on the processor that was asked about; 0 where Nadir is off */
};

#ifdef __cplusplus
}
#endif
