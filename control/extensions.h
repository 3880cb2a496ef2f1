/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * Extensions that are compiled in (docs/extensions.md), as their list shows them. Included by control/control.h, whose header the
 * request has.
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

struct nadir_extension_request {
    struct nadir_header header;
    nadir_u32 number;    /* in: from 0 */
    nadir_u32 processor; /* in */
    nadir_u32 found;     /* out: 1; 0 when there is none of that number */
    nadir_u32 reserved;
    struct nadir_extension extension; /* out; without one only `count` */
};

#ifdef __cplusplus
}
#endif
