// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/flow_events.h"

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "control/exit_ring.h"
#include "core/events/event.h"
#include "core/events/system_calls.h"
#include "core/events/watch.h"
#include "core/nested_fault.h"
#include "core/step.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;

namespace {

constexpr uint32_t ports = 0x10000;

// Of RAX, as many bytes as an I/O instruction moves.
constexpr uint64_t value_of(uint64_t rax, uint64_t bytes) { return rax & ((uint64_t{1} << (8 * bytes)) - 1); }

// Not every exception is an event: NMIs aren't, SYSCALL and SYSRET only look so, and a step has traps of its own.
nadir_event_kind kind_of_exception(const Vcpu& vcpu) {
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    if (event.type() == InterruptionType::nmi || is_own_trap(vcpu)) {
        return no_kind;
    }
    if (event.is_exception(Vector::invalid_opcode)) {
        switch (system_instruction_of_exit(vcpu).kind) {
        case SystemInstruction::Kind::system_call: return NADIR_EVENT_SYSTEM_CALL;
        case SystemInstruction::Kind::system_return: return no_kind;
        case SystemInstruction::Kind::other: break;
        }
    }
    return NADIR_EVENT_EXCEPTION;
}

void describe_io(nadir_event& event, uint64_t rax) {
    const IoQualification access{vmread(vmcs::exit_qualification)};
    const auto flag = [](bool set, nadir_event_io bit) { return set ? static_cast<uint64_t>(bit) : 0; };
    event.word[0] = access.port();
    event.word[1] = access.size() | flag(access.in(), NADIR_EVENT_IO_IN) |
                    flag(access.string(), NADIR_EVENT_IO_STRING) | flag(access.rep(), NADIR_EVENT_IO_REP);
    event.word[2] = access.in() || access.string() ? 0 : value_of(rax, access.size());
}

void describe_exception(nadir_event& event) {
    const InterruptionInformation what = vmread(vmcs::exit_interruption_information);
    constexpr uint32_t shown =
        NADIR_EVENT_EXCEPTION_VECTOR | NADIR_EVENT_EXCEPTION_TYPE | NADIR_EVENT_EXCEPTION_HAS_CODE;
    event.word[0] = what.value & shown;
    switch (is_software(what.type()) ? Nested::the_fault
                                     : nested(vmread(vmcs::idt_vectoring_information), Vector{what.vector()})) {
    case Nested::the_fault: break;
    case Nested::double_fault: event.word[0] |= NADIR_EVENT_EXCEPTION_DOUBLE; break;
    case Nested::triple_fault: event.word[0] |= NADIR_EVENT_EXCEPTION_TRIPLE; break;
    }
    event.word[1] = what.deliver_error_code() ? vmread(vmcs::exit_interruption_error_code) : 0;
    if (what.is_exception(Vector::page_fault) || what.is_exception(Vector::debug)) {
        event.word[2] = vmread(vmcs::exit_qualification);
    }
}

} // namespace

nadir_event_kind flow_event_kind(const Vcpu& vcpu, BasicExitReason reason) {
    switch (reason) {
    case BasicExitReason::io_instruction: return NADIR_EVENT_IO;
    case BasicExitReason::exception_or_nmi: return kind_of_exception(vcpu);
    case BasicExitReason::external_interrupt: // shown when it is acknowledged: core/events/interrupts.h
        return vmread(vmcs::exit_interruption_information).valid() ? NADIR_EVENT_INTERRUPT : no_kind;
    default: return no_kind;
    }
}

bool is_port_watched(const EventWatch& watch) {
    const IoQualification access{vmread(vmcs::exit_qualification)};
    for (unsigned i = 0; i < access.size(); ++i) {
        if (is_in_range(watch, NADIR_RANGE_IO_PORT, (access.port() + i) % ports)) {
            return true;
        }
    }
    return false;
}

bool is_exception_watched(const EventWatch& watch) {
    return is_in_range(watch, NADIR_RANGE_EXCEPTION, vmread(vmcs::exit_interruption_information).vector());
}

void begin_flow_event(Vcpu& vcpu, nadir_event& event) {
    GuestRegisters& r = vcpu.registers;
    switch (event.kind) {
    case NADIR_EVENT_IO: describe_io(event, r.rax()); break;
    case NADIR_EVENT_EXCEPTION: describe_exception(event); break;
    case NADIR_EVENT_INTERRUPT: event.word[0] = vmread(vmcs::exit_interruption_information).vector(); break;
    case NADIR_EVENT_SYSTEM_CALL:
        event.word[0] = r.rax();
        event.word[1] = r.rdi();
        event.word[2] = r.rsi();
        break;
    default: break;
    }
}

void finish_flow_event(Vcpu& vcpu, nadir_event& event, Outcome outcome) {
    const bool in = event.kind == NADIR_EVENT_IO && (event.word[1] & NADIR_EVENT_IO_IN) != 0;
    if (in && outcome == Outcome::advance) {
        event.word[2] = value_of(vcpu.registers.rax(), event.word[1] & NADIR_EVENT_IO_BYTES);
    }
    if (event.kind == NADIR_EVENT_SYSTEM_CALL) {
        event.outcome = NADIR_EXIT_ADVANCED; // it isn't met again, though the guest goes on somewhere else
    }
}

} // namespace nadir::core
