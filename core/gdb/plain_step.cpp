// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/plain_step.h"

#include "arch/vmx/fields.h"
#include "core/gdb/memory.h"
#include "core/guest.h"
#include "core/views/instruction.h"
#include "core/views/views.h"
#include "core/vmm.h"
#include "cpu/vmx.h"

namespace nadir::core::gdb {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

constexpr uint8_t sti = 0xFB;

// Somebody else waits for the guest to execute it: a hook of the system's, or a watch of its page.
bool is_met_by_others(const Vcpu& vcpu) {
    const Vmm& vmm = *vcpu.place.vmm;
    const uint64_t physical = translate(vcpu, linear_rip()).physical;
    const Hook* const hook = find_hook(*vmm.views, physical);
    return (hook != nullptr && hook->kind != debugger_hook) || is_guarded(vmm, physical);
}

} // namespace

// In virtual-8086 mode, and at a privilege level above IOPL, it is a fault or about another flag; in single steps of the guest's, and
// behind a load of SS, traps follow.
bool step_over_sti(const Vcpu& vcpu) {
    const Rflags flags = vmread(vmcs::guest_rflags);
    const Interruptibility state = vmread(vmcs::guest_interruptibility);
    uint8_t bytes[longest_instruction];
    if (read_instruction(vcpu, bytes) == 0 || bytes[0] != sti || flags.vm() || flags.tf() ||
        guest_privilege_level() > flags.iopl() || state.blocking_by_mov_ss() || is_met_by_others(vcpu)) {
        return false;
    }
    vmwrite(vmcs::guest_rip, vmread(vmcs::guest_rip) + 1);
    wrap_guest_rip();
    vmwrite(vmcs::guest_rflags, Rflags{flags}.set_interrupt_enable(true).set_rf(false));
    // Only where it has changed something. [SDM2 "STI"]
    vmwrite(vmcs::guest_interruptibility,
            Interruptibility{state}.clear_instruction_shadow().set_blocking_by_sti(!flags.interrupt_enable()));
    return true;
}

} // namespace nadir::core::gdb
