/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* conformance: prints the trace (trace.h), what depends on the processor once for each. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <sys/personality.h>
#include <unistd.h>

#include "trace.h"

static int processor_count;

int processors(void) { return processor_count; }

void pin(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        perror("sched_setaffinity");
}

int main(int count, char** words) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    cpu_set_t set;
    (void)count;
    /* The same addresses in each run. */
    const int kind = personality(0xFFFFFFFF);
    if ((kind & ADDR_NO_RANDOMIZE) == 0 && personality((unsigned)kind | ADDR_NO_RANDOMIZE) >= 0)
        execv("/proc/self/exe", words);
    sched_getaffinity(0, sizeof set, &set);
    processor_count = CPU_COUNT(&set);
    prepare_pieces();
    for (int processor = 0; processor < processor_count; processor++) {
        pin(processor);
        printf("on processor %d\n", processor);
        trace_cpuid();
        trace_instructions();
    }
    trace_compatibility();
    trace_faults();
    trace_steps();
    trace_debugger();
    trace_state();
    trace_processors();
    return 0;
}
