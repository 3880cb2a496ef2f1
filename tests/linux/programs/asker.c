// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Does what somebody may want to see, on one processor:
 *   asker cpuid LEAF COUNT PROCESSOR
 *   asker msr NUMBER COUNT PROCESSOR    reads it and writes it back, by the kernel's module msr
 *   asker call NUMBER COUNT PROCESSOR   a system call, with two zeros
 */
#define _GNU_SOURCE
#include <cpuid.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ask_msr(unsigned number, unsigned processor)
{
    unsigned long long value;
    char path[64];

    snprintf(path, sizeof(path), "/dev/cpu/%u/msr", processor);
    const int file = open(path, O_RDWR);
    const int failed = pread(file, &value, sizeof(value), number) != sizeof(value) ||
                       pwrite(file, &value, sizeof(value), number) != sizeof(value);
    if (failed)
        perror(path);
    close(file);
    return failed;
}

int main(int count, char **words)
{
    const unsigned what = count > 4 ? (unsigned)strtoul(words[2], NULL, 0) : 0;
    const unsigned long times = count > 4 ? strtoul(words[3], NULL, 0) : 0;
    const unsigned processor = count > 4 ? (unsigned)atoi(words[4]) : 0;
    int failed = 0;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (count < 5 || sched_setaffinity(0, sizeof(set), &set)) {
        perror("asker");
        return 1;
    }
    for (unsigned long i = 0; i < times && !failed; i++) {
        unsigned eax, ebx, ecx, edx;

        if (!strcmp(words[1], "msr"))
            failed = ask_msr(what, processor);
        else if (!strcmp(words[1], "call"))
            failed = syscall(what, 0, 0) < 0;
        else
            __cpuid_count(what, 0, eax, ebx, ecx, edx);
    }
    return failed;
}
