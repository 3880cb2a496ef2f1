// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Is debugged from beneath, and looks whether it can tell: `debugged PROCESSOR` calls the kernel again and again, until it gets another
 * answer than the kernel's own, which only a debugger gives. Meanwhile it looks at its flags, counts signals, and lets nadir_probe.ko look.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRAP_FLAG 0x100

static volatile sig_atomic_t signals;

static void count(int number)
{
    (void)number;
    signals++;
}

static unsigned long flags(void)
{
    unsigned long value;

    __asm__ volatile("pushfq; popq %0" : "=r"(value));
    return value;
}

int main(int count_of_words, char **words)
{
    const int processor = count_of_words > 1 ? atoi(words[1]) : 0;
    const int probe = open("/proc/nadir_probe", O_WRONLY);
    unsigned long rounds = 0, traces = 0;
    long answer;
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    if (sched_setaffinity(0, sizeof(set), &set) || probe < 0) {
        perror("debugged");
        return 1;
    }
    signal(SIGTRAP, count);
    do {
        answer = syscall(SYS_sched_get_priority_max, SCHED_OTHER);
        traces += (flags() & TRAP_FLAG) != 0;
        traces += write(probe, "look", 4) != 4;
        rounds++;
    } while (answer == 0);
    printf("processor %d answer %ld traces %lu signals %d rounds %lu\n", processor, answer, traces, (int)signals, rounds);
    return 0;
}
