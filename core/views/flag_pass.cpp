// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/flag_pass.h"

#include "arch/vmx/fields.h"
#include "core/guest.h"
#include "core/step.h"
#include "core/views/flag_instructions.h"
#include "core/views/instruction.h"
#include "cpu/vmx.h"

namespace nadir::core {

using cpu::vmread;
using cpu::vmwrite;
namespace vmcs = arch::vmcs;

bool needs_flag_pass(const Vcpu& vcpu) {
    const arch::Rflags flags = vmread(vmcs::guest_rflags);
    if (vcpu.step.monitor_trap == static_cast<uint8_t>(MonitorTrap::works) || flags.tf() || is_stepping(vcpu)) {
        return false;
    }
    uint8_t bytes[longest_instruction];
    const unsigned count = read_instruction(vcpu, bytes);
    // A step by the trap flag goes on through what follows a load of SS, and that is right: a window would end its blocking.
    return count != 0 && uses_hidden_flags(bytes, count) && !loads_stack_segment(bytes, count);
}

void begin_flag_pass(const Vcpu& vcpu) {
    const arch::Interruptibility state = vmread(vmcs::guest_interruptibility);
    vmwrite(vmcs::guest_interruptibility,
            arch::Interruptibility{state}.clear_instruction_shadow().set_blocking_by_mov_ss(true));
    vmwrite(vmcs::guest_rflags, vmread(vmcs::guest_rflags).set_rf(true)); // its breakpoint was met before
    arm_nmi_window(vcpu);
}

} // namespace nadir::core
