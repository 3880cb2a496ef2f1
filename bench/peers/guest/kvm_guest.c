// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The guest that kvm.c runs: it prints by a port of the program's, and ends by another. */
#include "kvm_ports.h"
#include "measure.h"
#include "ports.h"

static PEERS_SYSV void put(char letter) { out(PEERS_PORT_PRINT, (uint8_t)letter); }

void _start(void);

void _start(void) {
    const struct peers_environment environment = {
        .put = put, .apic = (volatile uint32_t*)0xFEE00000u, .trap_page = 1, .virtualised = 1};

    peers_measure(&environment);
    for (;;)
        out(PEERS_PORT_END, 0);
}
