// SPDX-License-Identifier: MIT OR GPL-2.0-only
// I/O instructions exit only while somebody watches their port. Whether the guest may use the port the processor has judged
// already. [SDM3 "Relative Priority of Faults and VM Exits"] IN and OUT are executed here, the string instructions,
// which access the guest's memory, by the guest itself: it is let through for one of them (core/step.h).
#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/exits/handlers.h"
#include "core/io_breakpoints.h"
#include "core/step.h"
#include "cpu/instructions.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;
using cpu::vmwrite;

namespace {

uint32_t in(uint16_t port, unsigned bytes) {
    switch (bytes) {
    case 1: return cpu::read_port(port);
    case 2: return cpu::read_port_16(port);
    default: return cpu::read_port_32(port);
    }
}

void out(uint16_t port, unsigned bytes, uint32_t value) {
    switch (bytes) {
    case 1: cpu::write_port(port, static_cast<uint8_t>(value)); break;
    case 2: cpu::write_port_16(port, static_cast<uint16_t>(value)); break;
    default: cpu::write_port_32(port, value); break;
    }
}

// AL and AX leave the rest of RAX as it was, EAX clears its upper half.
void give(uint64_t& rax, unsigned bytes, uint32_t value) {
    const uint64_t kept = bytes == 4 ? 0 : ~uint64_t{0} << (8 * bytes);
    rax = (rax & kept) | value;
}

} // namespace

Outcome io_instruction(Vcpu& vcpu) {
    const IoQualification what{vmread(vmcs::exit_qualification)};
    if (what.string()) {
        begin_step(vcpu, StepEnd::optional_exits);
        return Outcome::retry;
    }
    uint64_t& rax = vcpu.registers.rax();
    if (what.in()) {
        give(rax, what.size(), in(what.port(), what.size()));
    } else {
        out(what.port(), what.size(), static_cast<uint32_t>(rax));
    }
    // Root mode has no breakpoints (DR7); the guest's would have been met behind the instruction.
    if (vmread(vmcs::guest_cr4).de()) {
        const PendingDebugExceptions met =
            io_breakpoints_met(vmread(vmcs::guest_dr7), cpu::read_breakpoint_addresses(), what.port(), what.size());
        vmwrite(vmcs::guest_pending_debug, PendingDebugExceptions{vmread(vmcs::guest_pending_debug).value | met.value});
    }
    return Outcome::advance;
}

} // namespace nadir::core::exits
