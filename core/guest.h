// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the exit loop does to the guest: moving it behind an instruction, and giving it events. Root mode, current VMCS.
#pragma once

#include <cstdint>

#include "arch/exceptions.h"
#include "arch/vmx/fields.h"
#include "arch/vmx/interruption.h"
#include "core/vcpu.h"
#include "cpu/vmx.h"

namespace nadir::core {

// Moves the guest behind the instruction that caused the exit, as completing it would: RIP wraps at 4 GiB outside 64-bit
// mode, blocking by STI and MOV SS ends, RFLAGS.RF clears, and RFLAGS.TF makes a single-step trap pending.
void advance_guest();

// The usual case of it, from a RIP that is known already, for the path that each exit takes: nothing but RIP has to change.
// False, with nothing done, when `advance_guest` is needed.
inline bool advance_plainly(uint64_t rip) {
    const uint64_t behind = rip + cpu::vmread(arch::vmcs::exit_instruction_length);
    constexpr uint64_t flags = arch::Rflags::tf_mask | arch::Rflags::rf_mask;
    constexpr uint32_t shadow =
        arch::Interruptibility::blocking_by_sti_mask | arch::Interruptibility::blocking_by_mov_ss_mask;
    // Only an instruction that ends beyond a multiple of 4 GiB, so that the lower half of RIP gets smaller, can tell the modes
    // apart.
    if (static_cast<uint32_t>(behind) < static_cast<uint32_t>(rip) ||
        cpu::vmread(arch::vmcs::guest_rflags).any(flags) || cpu::vmread(arch::vmcs::guest_interruptibility).any(shadow))
        [[unlikely]] {
        return false;
    }
    cpu::vmwrite(arch::vmcs::guest_rip, behind);
    return true;
}

// A general register by its encoding. RSP is in the VMCS.
inline uint64_t guest_register(const Vcpu& vcpu, unsigned index) {
    constexpr unsigned rsp = 4;
    return index == rsp ? cpu::vmread(arch::vmcs::guest_rsp) : vcpu.registers.value[index];
}

// Behind an instruction that ends at 4 GiB, outside 64-bit mode, RIP is 0. At the exit of a trap or an interrupt Bochs 2.7
// saves the sum, which VM entry refuses.
void wrap_guest_rip();

// Makes the guest take an exception at its present instruction (a fault). RFLAGS.RF is set in the saved image, as for every
// fault. [SDM3 "Masking Instruction-Breakpoint"]
void inject_fault(arch::Vector vector);
void inject_fault(arch::Vector vector, uint32_t error_code);

// When the exit came in the midst of delivering an event: deliver it again. True when there was one.
bool reinject_interrupted_event(Vcpu& vcpu);

// The exception that caused this exit was the guest's own: it takes it now. [SDM3 "Information for VM Exits Due to Vectored Events"]
void deliver_exception_of_exit(uint64_t qualification);

// Makes the next possible moment for an NMI cause a VM exit, to give the guest what it is owed. Safe in root mode's NMI
// handler. `disarm` ends it.
void arm_nmi_window(const Vcpu& vcpu);
void disarm_nmi_window(const Vcpu& vcpu);

// Changes the primary controls. An NMI that comes in between arms the NMI window, which is kept.
template <typename Change>
void change_primary_controls(const Vcpu& vcpu, Change change) {
    arch::PrimaryControls controls = cpu::vmread(arch::vmcs::primary_controls);
    change(controls);
    cpu::vmwrite(arch::vmcs::primary_controls, controls);
    if (vcpu.owed.nmi != 0 || vcpu.owed.machine_check != 0) {
        arm_nmi_window(vcpu);
    }
}

// The same for the pin-based ones.
template <typename Change>
void change_pin_controls(const Vcpu& vcpu, Change change) {
    arch::PinControls controls = cpu::vmread(arch::vmcs::pin_controls);
    change(controls);
    cpu::vmwrite(arch::vmcs::pin_controls, controls);
    if (vcpu.owed.nmi != 0 || vcpu.owed.machine_check != 0) {
        arm_nmi_window(vcpu);
    }
}

// CPL of the guest: SS.DPL. [SDM3 "Guest Register State"]
inline unsigned guest_privilege_level() { return cpu::vmread(arch::vmcs::guest_ss_access_rights).dpl(); }
inline bool guest_in_64_bit_mode() {
    return cpu::vmread(arch::vmcs::guest_cs_access_rights).l() && cpu::vmread(arch::vmcs::guest_efer).lma();
}

// CR0 and CR4 as the guest reads them: bits of the masks from the read shadows.
inline arch::Cr0 guest_cr0_as_seen() {
    const uint64_t mask = cpu::vmread(arch::vmcs::cr0_mask).value;
    return arch::Cr0{(cpu::vmread(arch::vmcs::guest_cr0).value & ~mask) |
                     (cpu::vmread(arch::vmcs::cr0_read_shadow).value & mask)};
}
inline arch::Cr4 guest_cr4_as_seen() {
    const uint64_t mask = cpu::vmread(arch::vmcs::cr4_mask).value;
    return arch::Cr4{(cpu::vmread(arch::vmcs::guest_cr4).value & ~mask) |
                     (cpu::vmread(arch::vmcs::cr4_read_shadow).value & mask)};
}

// Reset by INIT, waiting for a start-up IPI. [SDM3 "Processor State After Reset" and "INIT"]
void put_guest_into_wait_for_startup(Vcpu& vcpu);

// Takes a guest that waits so to where a start-up IPI with this vector makes it begin. [SDM3 "MP Initialization"]
void start_guest_up(uint8_t vector);

} // namespace nadir::core
