// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the exit loop does to the guest: moving it behind an instruction, and giving it events. Root mode, current VMCS.
#pragma once

#include <cstdint>

#include "arch/exceptions.h"
#include "arch/vmx/interruption.h"
#include "core/vcpu.h"

namespace nadir::core {

// Moves the guest behind the instruction that caused the exit, as completing it would: RIP wraps at 4 GiB outside 64-bit
// mode, blocking by STI and MOV SS ends, and RFLAGS.TF makes a single-step trap pending.
void advance_guest();

// Makes the guest take an exception at its present instruction (a fault). RFLAGS.RF is set in the saved image, as for every
// fault. [SDM3 "Masking Instruction-Breakpoint"]
void inject_fault(arch::Vector vector);
void inject_fault(arch::Vector vector, uint32_t error_code);

// When the exit came in the midst of delivering an event: deliver it again. True when there was one.
bool reinject_interrupted_event(Vcpu& vcpu);

// Makes the next possible moment for an NMI cause a VM exit, to give the guest what it is owed. Safe in root mode's NMI
// handler. `disarm` ends it.
void arm_nmi_window(const Vcpu& vcpu);
void disarm_nmi_window(const Vcpu& vcpu);

// CPL of the guest: SS.DPL. [SDM3 "Guest Register State"]
unsigned guest_privilege_level();
bool guest_in_64_bit_mode();

// Reset by INIT, waiting for a start-up IPI. [SDM3 "Processor State After Reset" and "INIT"]
void put_guest_into_wait_for_startup(Vcpu& vcpu);

// Takes a guest that waits so to where a start-up IPI with this vector makes it begin. [SDM3 "MP Initialization"]
void start_guest_up(uint8_t vector);

} // namespace nadir::core
