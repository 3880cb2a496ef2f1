/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * The workload: what an ordinary user's programs do all day, each result checked. It runs before, while and after Nadir
 * is active and must see the same each time. Each check returns a word: a digest of what it saw that must repeat, or
 * reports what went wrong through `fail` and ends the process.
 */
#pragma once

#include <stdint.h>

typedef uint64_t check_function(void);

check_function check_processes;
check_function check_threads;
check_function check_files;
check_function check_memory;
check_function check_timers;
check_function check_signals;
check_function check_faults;
check_function check_cpuid;
check_function check_registers;

/* Ends the process (a check runs in one of its own) after saying what was found. */
_Noreturn void fail(const char* format, ...) __attribute__((format(printf, 1, 2)));

#define REQUIRE(condition)                                                                                             \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            fail("%s:%d: %s", __FILE_NAME__, __LINE__, #condition);                                                    \
    } while (0)

int processors(void);
void pin(int processor);

/* FNV-1a over some bytes, going on from `digest`. */
#define DIGEST_START 0xCBF29CE484222325ULL
uint64_t digest_bytes(uint64_t digest, const void* data, uint64_t size);

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t now(void);
