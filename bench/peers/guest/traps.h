// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* Exceptions and interrupts of the guest, which are part of what is measured: their places are recorded. */
#pragma once

#include <stdint.h>

#include "measure.h"

/* As traps.S pushes them. */
struct peers_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

struct peers_traps {
    volatile int fault;              /* vector of the last fault, -1: none */
    volatile uint64_t debug_rip;     /* where the first #DB was, 0: none */
    volatile uint64_t interrupt_rip; /* the same of an interrupt */
    volatile uint32_t* apic;         /* to be told the end of an interrupt */
};

extern struct peers_traps peers_traps;

/* An instruction that may fault runs with the address to go on at in R15. */
void peers_traps_on(void);
void peers_traps_off(void);
