/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "checks.h"

/* The number of primes below `limit`: work whose result everybody knows. */
static unsigned primes(unsigned limit) {
    unsigned found = 0;
    for (unsigned candidate = 2; candidate < limit; candidate++) {
        unsigned divisor = 2;
        while (divisor * divisor <= candidate && candidate % divisor != 0)
            divisor++;
        found += divisor * divisor > candidate;
    }
    return found;
}

/* One process on each processor; each sends a number to the next around a ring of pipes, some rounds. */
uint64_t check_processes(void) {
    enum { rounds = 50, most = 16 };
    int count = processors() < most ? processors() : most;
    int pipes[most][2];
    for (int i = 0; i < count; i++)
        REQUIRE(pipe(pipes[i]) == 0);
    for (int i = 0; i < count; i++) {
        pid_t child = fork();
        REQUIRE(child >= 0);
        if (child != 0)
            continue;
        pin(i);
        REQUIRE(primes(4000) == 550);
        unsigned number = 0;
        for (int round = 0; round < rounds; round++) {
            if (i != 0 || round != 0)
                REQUIRE(read(pipes[i][0], &number, sizeof number) == sizeof number);
            number++;
            REQUIRE(write(pipes[(i + 1) % count][1], &number, sizeof number) == sizeof number);
        }
        REQUIRE(sched_getcpu() == i);
        _exit(0);
    }
    for (int i = 0; i < count; i++) {
        int status;
        REQUIRE(wait(&status) > 0);
        REQUIRE(WIFEXITED(status));
        if (WEXITSTATUS(status) != 0)
            _exit(1);
    }
    unsigned number;
    REQUIRE(read(pipes[0][0], &number, sizeof number) == sizeof number);
    REQUIRE(number == (unsigned)(rounds * count));
    return digest_bytes(DIGEST_START, &number, sizeof number);
}

static atomic_uint shared;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static unsigned guarded;

static void* count_up(void* unused) {
    for (int i = 0; i < 2000; i++) {
        atomic_fetch_add(&shared, 1);
        pthread_mutex_lock(&mutex);
        guarded++;
        pthread_mutex_unlock(&mutex);
    }
    return unused;
}

/* Threads that contend: futexes, and inter-processor interrupts to wake them. */
uint64_t check_threads(void) {
    enum { count = 4 };
    pthread_t threads[count];
    for (int i = 0; i < count; i++)
        REQUIRE(pthread_create(&threads[i], NULL, count_up, NULL) == 0);
    for (int i = 0; i < count; i++)
        REQUIRE(pthread_join(threads[i], NULL) == 0);
    REQUIRE(atomic_load(&shared) == 2000 * count);
    REQUIRE(guarded == 2000 * count);
    return guarded;
}
