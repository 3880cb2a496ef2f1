/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * workload [--witness] [CHECK...]
 *
 * Prints one line for each check, "@@ check NAME ok DIGEST" or "@@ check NAME FAILED words", and last
 * "@@ workload ok DIGEST" or "@@ workload FAILED"; exits 0 or 1. With --witness it first executes a magic breakpoint
 * (XCHG BX, BX) on each processor in user mode, where the emulator's debugger looks at the processors.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"

static const struct {
    const char* name;
    check_function* run;
} checks[] = {
    {"processes", check_processes}, {"threads", check_threads}, {"files", check_files},
    {"memory", check_memory},       {"timers", check_timers},   {"signals", check_signals},
    {"faults", check_faults},       {"cpuid", check_cpuid},     {"registers", check_registers},
};
enum { check_count = sizeof checks / sizeof checks[0] };

/* Shared with the processes that run the checks. */
static struct result {
    uint64_t digest;
    char words[160];
}* result;

void fail(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->words, sizeof result->words, format, arguments);
    va_end(arguments);
    _exit(1);
}

int processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        fail("sched_getaffinity: %s", strerror(errno));
    return CPU_COUNT(&set);
}

void pin(int processor) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    REQUIRE(sched_setaffinity(0, sizeof set, &set) == 0);
    REQUIRE(sched_getcpu() == processor);
}

uint64_t digest_bytes(uint64_t digest, const void* data, uint64_t size) {
    const unsigned char* bytes = data;
    for (uint64_t i = 0; i < size; i++)
        digest = (digest ^ bytes[i]) * 0x100000001B3ULL;
    return digest;
}

uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* Runs a function in a process of its own; true when it exited with 0. */
static int apart(void (*function)(long), long argument) {
    pid_t child = fork();
    if (child == 0) {
        function(argument);
        _exit(0);
    }
    int status = -1;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 0;
    if (WIFSIGNALED(status))
        snprintf(result->words, sizeof result->words, "killed by signal %d", WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void run_check(long number) { result->digest = checks[number].run(); }

static void witness(long processor) {
    pin((int)processor);
    __asm__ volatile("xchg %%bx, %%bx" ::: "memory");
}

static int wanted(const char* name, int count, char** names) {
    for (int i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return 1;
    return count == 0;
}

int main(int count, char** words) {
    setvbuf(stdout, NULL, _IOLBF, 0);
    result = mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (result == MAP_FAILED)
        return 2;
    count--;
    words++;
    if (count > 0 && strcmp(words[0], "--witness") == 0) {
        count--;
        words++;
        for (int processor = 0; processor < processors(); processor++)
            apart(witness, processor);
    }

    uint64_t all = DIGEST_START;
    int failed = 0;
    for (int i = 0; i < check_count; i++) {
        if (!wanted(checks[i].name, count, words))
            continue;
        memset(result, 0, sizeof *result);
        if (apart(run_check, i)) {
            printf("@@ check %s ok %016llx\n", checks[i].name, (unsigned long long)result->digest);
            all = digest_bytes(all, &result->digest, sizeof result->digest);
        } else {
            printf("@@ check %s FAILED %s\n", checks[i].name, result->words);
            failed = 1;
        }
    }
    if (failed)
        printf("@@ workload FAILED\n");
    else
        printf("@@ workload ok %016llx\n", (unsigned long long)all);
    return failed;
}
