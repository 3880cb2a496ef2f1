/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/*
 * chase MIB STEPS: follows pointers at random through so much memory. Each step waits for the one before, and with more memory
 * than the TLB covers each is a page walk: what a second level of page tables costs. Prints nanoseconds per step.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { line = 64 };
struct node {
    struct node* next;
    char rest[line - sizeof(struct node*)];
};

static uint64_t state = 0x9E3779B97F4A7C15u; /* the same walk every time */

static uint64_t random_below(uint64_t limit) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

/* One cycle through all nodes (Sattolo). */
static void link_up(struct node* nodes, uint64_t count) {
    for (uint64_t i = 0; i < count; i++)
        nodes[i].next = &nodes[i];
    for (uint64_t i = count - 1; i > 0; i--) {
        struct node *const one = &nodes[i], *const other = &nodes[random_below(i)];
        struct node* const kept = one->next;
        one->next = other->next;
        other->next = kept;
    }
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char** words) {
    const long mib = count == 3 ? strtol(words[1], NULL, 10) : 0;
    const long steps = count == 3 ? strtol(words[2], NULL, 10) : 0;
    if (mib < 1 || mib > 1 << 20 || steps < 1) {
        fprintf(stderr, "chase MIB STEPS (1 to 1,048,576 MiB)\n");
        return 2;
    }
    const size_t bytes = (size_t)mib << 20;
    struct node* nodes = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (nodes == MAP_FAILED) {
        fprintf(stderr, "chase: no %ld MiB of memory\n", mib);
        return 1;
    }
    madvise(nodes, bytes, MADV_NOHUGEPAGE); /* 4-KiB pages, of which the TLB covers least */
    link_up(nodes, bytes / line);
    struct node* at = nodes;
    for (long i = 0; i < steps / 10; i++)
        at = at->next;
    const double start = now();
    for (long i = 0; i < steps; i++)
        at = at->next;
    const double spent = now() - start;
    __asm__ volatile("" ::"r"(at));
    printf("chase_ns %.3f\n", spent / (double)steps);
    return 0;
}
