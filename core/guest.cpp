// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/guest.h"

#include "arch/msr/debugctl.h"
#include "arch/debug_registers.h"
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/vmm.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch; // the vocabulary of this file is the manual's
using cpu::vmread;
using cpu::vmwrite;

namespace {

constexpr uint64_t four_gib = uint64_t{1} << 32;

void single_step_trap_pends() {
    // With BTF the trap is for branches only, and no instruction that exits to us is one.
    if (vmread(vmcs::guest_debugctl).btf()) {
        return;
    }
    vmwrite(vmcs::guest_pending_debug, vmread(vmcs::guest_pending_debug).set_bs(true));
}

void inject(InterruptionInformation information) {
    vmwrite(vmcs::entry_interruption_information, information.set_valid(true));
}

// What delivering a #DB does to them, and neither an exit nor an injection. [SDM3 "Debug Exceptions"]
void report_in_debug_registers(DebugQualification met) {
    constexpr uint64_t conditions = Dr6::b0_mask | Dr6::b1_mask | Dr6::b2_mask | Dr6::b3_mask;
    constexpr uint64_t stay = Dr6::bd_mask | Dr6::bs_mask; // only software clears these
    static_assert(Dr6::bd_mask == DebugQualification::bd_mask && Dr6::bs_mask == DebugQualification::bs_mask);
    cpu::write_dr6((cpu::read_dr6().value & ~conditions) | (met.value & (conditions | stay)));
    vmwrite(vmcs::guest_dr7, vmread(vmcs::guest_dr7).set_gd(false));
    vmwrite(vmcs::guest_debugctl, vmread(vmcs::guest_debugctl).set_lbr(false).set_btf(false));
}

// Of the exceptions that come from the instruction itself: not a breakpoint on it, which leaves RF alone.
bool is_fault(InterruptionInformation event) {
    return event.type() == InterruptionType::hardware_exception && !event.is_exception(Vector::debug) &&
           !event.is_exception(Vector::machine_check);
}

void set_resume_flag() { vmwrite(vmcs::guest_rflags, vmread(vmcs::guest_rflags).set_rf(true)); }

} // namespace

void advance_guest() {
    const uint64_t from = vmread(vmcs::guest_rip);
    uint64_t to = from + vmread(vmcs::exit_instruction_length);
    // Only an instruction that ends across 4 GiB can tell the modes apart.
    if (((from ^ to) & four_gib) != 0 && !guest_in_64_bit_mode()) {
        to &= four_gib - 1;
    }
    vmwrite(vmcs::guest_rip, to);

    const Rflags flags = vmread(vmcs::guest_rflags);
    if (flags.rf()) {
        vmwrite(vmcs::guest_rflags, Rflags{flags}.set_rf(false));
    }
    const Interruptibility state = vmread(vmcs::guest_interruptibility);
    if (state.blocking_by_sti() || state.blocking_by_mov_ss()) {
        vmwrite(vmcs::guest_interruptibility,
                Interruptibility{state}.set_blocking_by_sti(false).set_blocking_by_mov_ss(false));
    }
    if (flags.tf()) {
        single_step_trap_pends();
    }
}

void wrap_guest_rip() {
    const uint64_t rip = vmread(vmcs::guest_rip);
    if (rip >= four_gib && !guest_in_64_bit_mode()) {
        vmwrite(vmcs::guest_rip, rip & (four_gib - 1));
    }
}

void inject_fault(Vector vector) {
    set_resume_flag();
    inject(InterruptionInformation{}
               .set_vector(static_cast<uint8_t>(vector))
               .set_type(InterruptionType::hardware_exception));
}

void inject_fault(Vector vector, uint32_t error_code) {
    set_resume_flag();
    vmwrite(vmcs::entry_exception_error_code, error_code);
    // In real mode no exception has one, and a VM entry that brought one would fail.
    inject(InterruptionInformation{}
               .set_vector(static_cast<uint8_t>(vector))
               .set_type(InterruptionType::hardware_exception)
               .set_deliver_error_code(vmread(vmcs::guest_cr0).pe()));
}

bool reinject_interrupted_event(Vcpu& vcpu) {
    const InterruptionInformation interrupted = vmread(vmcs::idt_vectoring_information);
    if (!interrupted.valid()) {
        return false;
    }
    ++vcpu.events_reinjected;
    InterruptionInformation again;
    again.set_vector(interrupted.vector()).set_type(interrupted.type());
    if (interrupted.deliver_error_code()) {
        again.set_deliver_error_code(true);
        vmwrite(vmcs::entry_exception_error_code, vmread(vmcs::idt_vectoring_error_code));
    }
    switch (interrupted.type()) {
    case InterruptionType::software_interrupt:
    case InterruptionType::privileged_software_exception:
    case InterruptionType::software_exception:
        vmwrite(vmcs::entry_instruction_length, vmread(vmcs::exit_instruction_length));
        break;
    case InterruptionType::nmi:
        // Its delivery had begun, so NMIs are blocked; an NMI can't be injected into that. Injecting blocks them again.
        vmwrite(vmcs::guest_interruptibility, vmread(vmcs::guest_interruptibility).set_blocking_by_nmi(false));
        break;
    default: break;
    }
    inject(again);
    return true;
}

void deliver_exception_of_exit(uint64_t qualification) {
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    if (event.is_exception(Vector::page_fault)) {
        cpu::write_cr2(qualification); // the exit left CR2 as it was
    } else if (event.is_exception(Vector::debug)) {
        report_in_debug_registers(DebugQualification{qualification});
        wrap_guest_rip();
    }
    // The exit has saved RF as the frame is to have it; Bochs 2.7 doesn't.
    if (is_fault(event)) {
        set_resume_flag();
    }
    // No error code in real mode, whatever Bochs 2.7 says: a VM entry that brought one would fail.
    InterruptionInformation again = event.for_injection();
    if (event.deliver_error_code() && vmread(vmcs::guest_cr0).pe()) {
        vmwrite(vmcs::entry_exception_error_code, vmread(vmcs::exit_interruption_error_code));
    } else {
        again = again.set_deliver_error_code(false);
    }
    if (is_software(event.type())) {
        vmwrite(vmcs::entry_instruction_length, vmread(vmcs::exit_instruction_length));
    }
    vmwrite(vmcs::entry_interruption_information, again);
}

void arm_nmi_window(const Vcpu&) {
    // The others may be a watch's, or a step's.
    vmwrite(vmcs::pin_controls, vmread(vmcs::pin_controls).set_nmi_exiting(true).set_virtual_nmis(true));
    vmwrite(vmcs::primary_controls, vmread(vmcs::primary_controls).set_nmi_window_exiting(true));
}

void disarm_nmi_window(const Vcpu&) {
    vmwrite(vmcs::pin_controls, vmread(vmcs::pin_controls).set_nmi_exiting(false).set_virtual_nmis(false));
    vmwrite(vmcs::primary_controls, vmread(vmcs::primary_controls).set_nmi_window_exiting(false));
}

} // namespace nadir::core
