// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "traps.h"

#define DEBUG 1
#define FIRST_INTERRUPT 32
#define RFLAGS_TF 0x100u
#define APIC_EOI (0xB0 / 4)
#define STUB_SIZE 16

struct gate {
    uint16_t low, selector;
    uint8_t ist, type;
    uint16_t middle;
    uint32_t high, reserved;
};

struct __attribute__((packed)) table {
    uint16_t limit;
    uint64_t base;
};

struct peers_traps peers_traps;
extern char peers_stubs[];
static struct gate gates[256];
static struct table before;
static uint64_t rflags_before;

PEERS_SYSV void peers_trap(struct peers_frame* frame);

PEERS_SYSV void peers_trap(struct peers_frame* frame) {
    if (frame->vector == DEBUG) {
        if (!peers_traps.debug_rip)
            peers_traps.debug_rip = frame->rip;
        frame->rflags &= ~(uint64_t)RFLAGS_TF;
    } else if (frame->vector >= FIRST_INTERRUPT) {
        if (!peers_traps.interrupt_rip)
            peers_traps.interrupt_rip = frame->rip;
        if (peers_traps.apic)
            peers_traps.apic[APIC_EOI] = 0;
    } else {
        peers_traps.fault = (int)frame->vector;
        frame->rip = frame->r15;
    }
}

void peers_traps_on(void) {
    const struct table table = {sizeof(gates) - 1, (uint64_t)(uintptr_t)gates};
    uint16_t cs;

    asm volatile("mov %%cs, %0" : "=r"(cs));
    for (unsigned i = 0; i < 256; i++) {
        const uint64_t stub = (uint64_t)(uintptr_t)peers_stubs + i * STUB_SIZE;

        gates[i] = (struct gate){
            .low = (uint16_t)stub,
            .selector = cs,
            .type = 0x8E, /* present, interrupt gate */
            .middle = (uint16_t)(stub >> 16),
            .high = (uint32_t)(stub >> 32),
        };
    }
    asm volatile("pushfq; pop %0; cli" : "=r"(rflags_before));
    asm volatile("sidt %0" : "=m"(before));
    asm volatile("lidt %0" : : "m"(table));
    peers_traps.fault = -1;
}

void peers_traps_off(void) {
    asm volatile("lidt %0" : : "m"(before));
    asm volatile("push %0; popfq" : : "r"(rflags_before) : "cc");
}
