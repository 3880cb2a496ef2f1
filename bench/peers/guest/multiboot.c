// SPDX-License-Identifier: MIT OR GPL-2.0-only
/* A Multiboot kernel that measures: by itself, or as the guest of a hypervisor that boots such kernels ("guest"). */
#include "emulator.h"
#include "measure.h"

void multiboot_main(void);

void multiboot_main(void) {
    const struct peers_environment environment = {
        .put = emulator_put, .apic = (volatile uint32_t*)0xFEE00000u, .trap_page = 1, .virtualised = 1};

    emulator_start();
    peers_measure(&environment);
    emulator_end();
}
