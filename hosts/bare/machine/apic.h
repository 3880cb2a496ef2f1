// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The local APIC, in whichever mode the firmware left it (xAPIC or x2APIC).
#pragma once

#include "hosts/bare/types.h"

namespace nadir::bare {

u32 own_apic_id();

// Interrupt command register, low half [SDM3 "Interrupt Command Register (ICR)"].
constexpr u32 icr_fixed = 0x0000'4000; // level assert; add the vector
constexpr u32 icr_nmi = 0x0000'4400;
constexpr u32 icr_init = 0x0000'4500;
constexpr u32 icr_startup = 0x0000'4600; // add the page number
constexpr u32 icr_all_but_self = 0x000C'0000;
constexpr u32 icr_self = 0x0004'0000;

void send_ipi(u32 apic_id, u32 command);
// Has an interrupt come that the processor hasn't taken, and is one in work?
struct InterruptState {
    bool pending;
    bool in_service;
};
InterruptState interrupt_state(u8 vector);
void end_interrupt();

// Makes fixed interrupts arrive, as test programs need it; returns the register to put back.
u32 enable_local_apic();
void restore_local_apic(u32 spurious_register);

// Where the registers of an xAPIC are mapped: this much above their physical address, for a kernel that has moved the
// identity map.
void map_local_apic_at(u64 offset);

// An interrupt after so many ticks of the bus clock, over and over.
void start_periodic_timer(u8 vector, u32 ticks);

// One interrupt after so many ticks of the bus clock; until then the counter can be started anew or stopped.
void start_local_timer(u8 vector, u32 ticks);
void stop_local_timer();

// Waits by the 8254 timer, which needs no calibration; up to 50 ms.
void wait_microseconds(u32 microseconds);

} // namespace nadir::bare
