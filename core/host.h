/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The seam: all that the core asks of the system that it is loaded into. A host implements these functions; C and C++
 * include this file. None of them is called after launch from root mode.
 *
 * "Passive" means: thread context, interrupts on, may sleep (Linux process context, Windows PASSIVE_LEVEL).
 */
#pragma once

#include "control/control.h"

/* One calling convention on every host, so that one assembly source serves all. */
#define NADIR_ABI __attribute__((sysv_abi))

#ifdef __cplusplus
extern "C" {
#endif

#define NADIR_PAGE_SIZE 4096ull
#define NADIR_LARGEST_ALLOCATION (4ull << 20)

/* A part of the loaded image, page-aligned, mapped at `address` for as long as Nadir is active. */
struct nadir_image_range {
    const void* address;
    nadir_u64 bytes;
    nadir_u32 executable; /* 1: code; 0: read-only data */
    nadir_u32 reserved;
};

typedef nadir_u32(NADIR_ABI* nadir_procedure)(void* argument, nadir_u32 processor);

/* Page-aligned, physically contiguous write-back memory, readable and writable, not executable; mapped on every processor
 * in every address space's kernel part. What it holds is anything: a host need not clear it. `bytes`: a multiple of 4096, at
 * most NADIR_LARGEST_ALLOCATION. Returns 0 when there is none. Passive. */
NADIR_ABI void* nadir_host_allocate(nadir_u64 bytes);

/* Gives memory from nadir_host_allocate back, with the same size. Passive. */
NADIR_ABI void nadir_host_free(void* memory, nadir_u64 bytes);

/* Physical address of a mapped byte of an allocation or of the image. Any context before launch. */
NADIR_ABI nadir_u64 nadir_host_physical(const void* address);

/* Upper bound of processor numbers: all processors that may come online while Nadir is active are below. Passive. */
NADIR_ABI nadir_u32 nadir_host_processor_count(void);

/* Runs `procedure(argument, processor)` on that logical processor with interrupts off, waits, and returns its answer;
 * NADIR_PROCESSOR_OFFLINE when the processor does not run. Passive; the set of online processors is held still by the
 * host from before nadir_start/nadir_stop until after. */
NADIR_ABI nadir_u32 nadir_host_run_on(nadir_u32 processor, nadir_procedure procedure, void* argument);

/* Fills in the ranges of the loaded image that root mode needs: code and read-only data of the core. The core has no
 * writable data of its own (a test sees to it). Returns their number. Passive. */
NADIR_ABI nadir_u32 nadir_host_image(struct nadir_image_range* ranges, nadir_u32 capacity);

/* Prints one line (no newline at its end, NUL-terminated). Passive, or from `procedure` with interrupts off. */
NADIR_ABI void nadir_host_print(nadir_u32 level, const char* text);

#ifdef __cplusplus
}
#endif
