// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Exceptions exit only while somebody watches them, or the system calls that raise #UD then. The guest takes each as it would
// have; what came in the midst of delivering another one becomes what the processor makes of the two.
// [SDM3 "Reflecting Exceptions to Guest Software"] NMIs that exit come here, too.
#include "arch/vmx/fields.h"
#include "core/events/system_calls.h"
#include "core/exits/handlers.h"
#include "core/extensions/dispatch.h"
#include "core/guest.h"
#include "core/nested_fault.h"
#include "cpu/registers.h"
#include "cpu/vmx.h"

namespace nadir::core::exits {

using namespace arch;
using cpu::vmread;

Outcome exception(Vcpu& vcpu) {
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    if (!event.valid() || event.type() == InterruptionType::nmi) {
        return nmi(vcpu);
    }
    if (vcpu.plan != nullptr && event.is_exception(Vector::invalid_opcode)) {
        const SystemInstruction instruction = system_instruction_of_exit(vcpu);
        if constexpr (has_extensions) {
            if (instruction.kind == SystemInstruction::Kind::system_call) {
                tell_extensions_of_system_call(vcpu);
            }
        }
        if (instruction.kind != SystemInstruction::Kind::other) {
            return system_instruction(vcpu, instruction);
        }
    }
    const auto vector = Vector{event.vector()};
    switch (event.type() == InterruptionType::hardware_exception
                ? nested(vmread(vmcs::idt_vectoring_information), vector)
                : Nested::the_fault) {
    case Nested::triple_fault: return triple_fault(vcpu);
    case Nested::double_fault:
        if (vector == Vector::page_fault) {
            cpu::write_cr2(vmread(vmcs::exit_qualification));
        }
        inject_fault(Vector::double_fault, 0);
        break;
    case Nested::the_fault: deliver_exception_of_exit(vmread(vmcs::exit_qualification)); break;
    }
    return Outcome::retry;
}

} // namespace nadir::core::exits
