/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * exec COUNT PROGRAM: starts a program so many times, one after the other, and waits for each. Its C library asks CPUID some
 * dozens of times each time it starts, which is where a hypervisor is felt. Prints nanoseconds per start.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

extern char** environ;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char** words) {
    const long times = count == 3 ? strtol(words[1], NULL, 10) : 0;
    if (times < 1) {
        fprintf(stderr, "exec COUNT PROGRAM\n");
        return 2;
    }
    char* arguments[] = {words[2], NULL};
    const double start = now();
    for (long i = 0; i < times; i++) {
        pid_t child;
        int status;
        const int error = posix_spawn(&child, words[2], NULL, NULL, arguments, environ);
        if (error != 0) {
            fprintf(stderr, "exec: %s: %s\n", words[2], strerror(error));
            return 1;
        }
        if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fprintf(stderr, "exec: %s failed\n", words[2]);
            return 1;
        }
    }
    printf("exec_ns %.1f\n", (now() - start) / (double)times);
    return 0;
}
