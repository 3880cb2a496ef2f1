/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "checks.h"

static volatile sig_atomic_t ticks;

static void on_tick(int number) {
    (void)number;
    ticks++;
}

/* Time goes forward on every processor and between them, sleeps last as long as asked for, interval timers fire. */
uint64_t check_timers(void) {
    enum { wanted = 3 };
    uint64_t last = 0;
    int count = processors();
    for (int round = 0; round < 20; round++) {
        pin(round % count);
        uint64_t time = now();
        REQUIRE(time >= last);
        last = time;
    }

    uint64_t begin = now();
    struct timespec wish = {0, 8 * 1000 * 1000};
    REQUIRE(nanosleep(&wish, NULL) == 0);
    REQUIRE(now() - begin >= 8 * 1000 * 1000);

    struct sigaction action = {.sa_handler = on_tick};
    REQUIRE(sigaction(SIGALRM, &action, NULL) == 0);
    struct itimerval interval = {{0, 8000}, {0, 8000}};
    REQUIRE(setitimer(ITIMER_REAL, &interval, NULL) == 0);
    begin = now();
    sigset_t none;
    sigemptyset(&none);
    while (ticks < wanted)
        REQUIRE(sigsuspend(&none) == -1 && errno == EINTR);
    REQUIRE(now() - begin >= wanted * 8000ull * 1000 - 1000 * 1000);
    memset(&interval, 0, sizeof interval);
    REQUIRE(setitimer(ITIMER_REAL, &interval, NULL) == 0);
    return wanted;
}
