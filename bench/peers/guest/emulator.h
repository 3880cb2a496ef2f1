// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* The emulated machine: its first serial port, and its end. */
#pragma once

#include "measure.h"
#include "ports.h"

#define COM1 0x3F8
#define LINE_CONTROL (COM1 + 3)
#define LINE_STATUS (COM1 + 5)
#define EIGHT_BITS 3
#define TRANSMITTER_EMPTY 0x40
#define SHUTDOWN_PORT 0x8900

static inline void emulator_start(void) { out(LINE_CONTROL, EIGHT_BITS); }

/* What is on its way when the machine ends would be lost. */
static inline PEERS_SYSV void emulator_put(char letter) {
    out(COM1, (uint8_t)letter);
    while (!(in(LINE_STATUS)&TRANSMITTER_EMPTY))
        ;
}

static inline _Noreturn void emulator_end(void) {
    for (const char* word = "Shutdown"; *word; word++)
        out(SHUTDOWN_PORT, (uint8_t)*word);
    for (;;)
        asm volatile("cli; hlt");
}
