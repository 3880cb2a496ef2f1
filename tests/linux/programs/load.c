// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * A load that notices when memory or registers don't stay what they were: load PROCESSOR MEBIBYTES Bound to one
 * processor, it writes a pattern over its memory, reads it back and writes the next, executes CPUID, forks, yields,
 * until SIGTERM; then it says how often, or at once what was wrong.
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t end;

static void on_signal(int number)
{
    (void)number;
    end = 1;
}

static uint64_t mixed(uint64_t x)
{
    x = (x ^ (x >> 31)) * 0x9E3779B97F4A7C15ull;
    return x ^ (x >> 29);
}

int main(int count, char **words)
{
    const int processor = count > 1 ? atoi(words[1]) : 0;
    const size_t size = (size_t)(count > 2 ? atoi(words[2]) : 1) << 17;
    uint64_t *memory = malloc(size * sizeof(*memory));
    unsigned long rounds = 0;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        perror("sched_setaffinity");
    if (nice(10) != 10) /* the test's own programs come first, and it is over sooner */
        perror("nice");
    signal(SIGTERM, on_signal);
    for (; !end; rounds++) {
        unsigned eax, ebx, ecx, edx;
        double third = 1.0;

        for (size_t i = 0; i < size; i++)
            memory[i] = mixed(i + rounds);
        __cpuid_count(0, 0, eax, ebx, ecx, edx);
        if (eax < 4 || !ebx) {
            printf("load %d: CPUID gave %x %x\n", processor, eax, ebx);
            return 1;
        }
        asm volatile("" : "+x"(third)); /* not to be computed at compile time */
        third /= 3.0;
        for (size_t i = 0; i < size; i++)
            if (memory[i] != mixed(i + rounds)) {
                printf("load %d: memory changed at %zu in round %lu\n", processor, i, rounds);
                return 1;
            }
        if (third * 3.0 != 1.0) {
            printf("load %d: a floating-point register changed\n", processor);
            return 1;
        }
        const pid_t child = fork();
        if (!child)
            _exit(7);
        int status = 0;
        while (waitpid(child, &status, 0) < 0)
            ;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 7) {
            printf("load %d: a child ended with %x\n", processor, status);
            return 1;
        }
        sched_yield();
    }
    printf("load %d: fine after %lu rounds\n", processor, rounds);
    return 0;
}
