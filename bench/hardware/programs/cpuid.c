/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * cpuid PROCESSOR ROUNDS: ticks of the time-stamp counter around one CPUID (leaf 0), and around nothing, on one processor.
 * Prints the least, the median and the 99th percentile of each.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* LFENCE: what comes before is done, what comes after hasn't begun. [SDM2 "RDTSC"] */
static inline uint64_t ticks(void) {
    uint32_t low, high;
    __asm__ volatile("lfence\n\trdtsc\n\tlfence" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline void cpuid(void) {
    uint32_t a = 0, c = 0;
    __asm__ volatile("cpuid" : "+a"(a), "+c"(c)::"ebx", "edx", "memory");
}

static int by_size(const void* a, const void* b) {
    const uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
    return (x > y) - (x < y);
}

static void print(const char* name, uint64_t* samples, size_t count) {
    qsort(samples, count, sizeof *samples, by_size);
    printf("%s_min %llu\n%s_p50 %llu\n%s_p99 %llu\n", name, (unsigned long long)samples[0], name,
           (unsigned long long)samples[count / 2], name, (unsigned long long)samples[count * 99 / 100]);
}

int main(int count, char** words) {
    const long processor = count == 3 ? strtol(words[1], NULL, 10) : -1;
    const long rounds = count == 3 ? strtol(words[2], NULL, 10) : 0;
    if (processor < 0 || processor >= CPU_SETSIZE || rounds < 1 || rounds > 100000000) {
        fprintf(stderr, "cpuid PROCESSOR ROUNDS (1 to 100,000,000)\n");
        return 2;
    }
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((int)processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0) {
        fprintf(stderr, "cpuid: can't run on processor %ld: %s\n", processor, strerror(errno));
        return 1;
    }
    uint64_t* with = malloc((size_t)rounds * sizeof *with);
    uint64_t* without = malloc((size_t)rounds * sizeof *without);
    if (with == NULL || without == NULL) {
        fprintf(stderr, "cpuid: no memory for %ld samples\n", rounds);
        return 1;
    }
    /* Written once before, so that no page is touched for the first time while the clock runs. */
    memset(with, 1, (size_t)rounds * sizeof *with);
    memset(without, 1, (size_t)rounds * sizeof *without);
    for (long i = 0; i < rounds; i++) {
        uint64_t start = ticks();
        cpuid();
        with[i] = ticks() - start;
        start = ticks();
        without[i] = ticks() - start;
    }
    print("cpuid", with, (size_t)rounds);
    print("nothing", without, (size_t)rounds);
    return 0;
}
