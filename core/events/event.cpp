// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/event.h"

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/events/system_calls.h"
#include "core/events/watch.h"
#include "core/guest.h"
#include "core/nested_fault.h"
#include "core/step.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::BasicExitReason;
using arch::InterruptionInformation;
using arch::IoQualification;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

constexpr uint64_t pair(uint64_t low, uint64_t high) { return (low & 0xFFFF'FFFF) | high << 32; }

constexpr nadir_event_kind no_kind = NADIR_EVENT_KINDS;
constexpr uint32_t last_port = 0xFFFF;

// Of RAX, as many bytes as an I/O instruction moves.
constexpr uint64_t value_of(uint64_t rax, uint64_t bytes) { return rax & ((uint64_t{1} << (8 * bytes)) - 1); }

// Not every exception is an event: NMIs aren't, SYSCALL and SYSRET only look so, and a step has traps of its own.
nadir_event_kind kind_of_exception(const Vcpu& vcpu) {
    const InterruptionInformation event = vmread(vmcs::exit_interruption_information);
    if (event.type() == arch::InterruptionType::nmi || is_own_trap(vcpu)) {
        return no_kind;
    }
    if (event.is_exception(arch::Vector::invalid_opcode)) {
        switch (system_instruction_of_exit(vcpu).kind) {
        case SystemInstruction::Kind::system_call: return NADIR_EVENT_SYSTEM_CALL;
        case SystemInstruction::Kind::system_return: return no_kind;
        case SystemInstruction::Kind::other: break;
        }
    }
    return NADIR_EVENT_EXCEPTION;
}

nadir_event_kind kind_of(const Vcpu& vcpu, BasicExitReason reason) {
    switch (reason) {
    case BasicExitReason::io_instruction: return NADIR_EVENT_IO;
    case BasicExitReason::exception_or_nmi: return kind_of_exception(vcpu);
    case BasicExitReason::external_interrupt: // one is reported when it is acknowledged: core/events/interrupts.h
        return vmread(vmcs::exit_interruption_information).valid() ? NADIR_EVENT_INTERRUPT : no_kind;
    case BasicExitReason::cpuid: return NADIR_EVENT_CPUID;
    case BasicExitReason::rdmsr: return NADIR_EVENT_RDMSR;
    case BasicExitReason::wrmsr: return NADIR_EVENT_WRMSR;
    case BasicExitReason::xsetbv: return NADIR_EVENT_XSETBV;
    case BasicExitReason::vmcall:
        // Nadir's own are no event: whoever looks would else see himself.
        return vcpu.registers.value[0] == vcpu.place.vmm->key ? no_kind : NADIR_EVENT_VMX;
    case BasicExitReason::vmxon:
    case BasicExitReason::vmxoff:
    case BasicExitReason::vmclear:
    case BasicExitReason::vmlaunch:
    case BasicExitReason::vmptrld:
    case BasicExitReason::vmptrst:
    case BasicExitReason::vmread:
    case BasicExitReason::vmresume:
    case BasicExitReason::vmwrite:
    case BasicExitReason::invept:
    case BasicExitReason::invvpid: return NADIR_EVENT_VMX;
    default: return no_kind;
    }
}

bool is_port_watched(const EventWatch& watch) {
    const IoQualification access{vmread(vmcs::exit_qualification)};
    for (unsigned i = 0; i < access.size(); ++i) {
        if (is_in_range(watch, NADIR_RANGE_IO_PORT, (access.port() + i) % (last_port + 1))) {
            return true;
        }
    }
    return false;
}

bool is_watched(const Vcpu& vcpu, nadir_event_kind kind) {
    const EventWatch& watch = vcpu.place.vmm->watch;
    if (kind == no_kind || !has_kind(watch.kinds, kind)) {
        return false;
    }
    const auto eax = static_cast<uint32_t>(vcpu.registers.value[0]);
    const auto ecx = static_cast<uint32_t>(vcpu.registers.value[1]);
    switch (kind) {
    case NADIR_EVENT_CPUID: return is_in_range(watch, NADIR_RANGE_CPUID_LEAF, eax);
    case NADIR_EVENT_RDMSR:
    case NADIR_EVENT_WRMSR: return is_in_range(watch, NADIR_RANGE_MSR, ecx);
    case NADIR_EVENT_IO: return is_port_watched(watch);
    case NADIR_EVENT_EXCEPTION:
        return is_in_range(watch, NADIR_RANGE_EXCEPTION, vmread(vmcs::exit_interruption_information).vector());
    default: return true;
    }
}

void describe_io(nadir_event& event, uint64_t rax) {
    const IoQualification access{vmread(vmcs::exit_qualification)};
    event.word[0] = access.port();
    const auto flag = [](bool set, nadir_event_io bit) { return set ? static_cast<uint64_t>(bit) : 0; };
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
                                     : nested(vmread(vmcs::idt_vectoring_information), arch::Vector{what.vector()})) {
    case Nested::the_fault: break;
    case Nested::double_fault: event.word[0] |= NADIR_EVENT_EXCEPTION_DOUBLE; break;
    case Nested::triple_fault: event.word[0] |= NADIR_EVENT_EXCEPTION_TRIPLE; break;
    }
    event.word[1] = what.deliver_error_code() ? vmread(vmcs::exit_interruption_error_code) : 0;
    if (what.is_exception(arch::Vector::page_fault) || what.is_exception(arch::Vector::debug)) {
        event.word[2] = vmread(vmcs::exit_qualification);
    }
}

void put(Vcpu& vcpu, const nadir_event& event) {
    nadir_event_ring& ring = event_ring(vcpu);
    const uint64_t number = vcpu.events.next++;
    // In this order: see control/event_ring.h. The processor keeps the order of its stores; the fences are for the compiler.
    __atomic_store_n(&ring.begun, number + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    nadir_event& slot = ring.events[number % NADIR_EVENT_RING_EVENTS];
    slot = event; // its sequence is 0, which no whole event has
    __atomic_store_n(&slot.sequence, static_cast<nadir_u32>(number + 1), __ATOMIC_RELEASE);
}

} // namespace

bool begin_event(Vcpu& vcpu, arch::ExitReason reason, nadir_event& event) {
    const nadir_event_kind kind = kind_of(vcpu, reason.basic());
    if (reason.entry_failure() || !is_watched(vcpu, kind)) {
        return false;
    }
    GuestRegisters& r = vcpu.registers;
    event = {};
    cpu::store_tsc(event.time);
    event.rip = vmread(vmcs::guest_rip);
    event.cr3 = vmread(vmcs::guest_cr3).value;
    event.kind = static_cast<nadir_u16>(kind);
    event.privilege_level = static_cast<nadir_u8>(guest_privilege_level());
    switch (kind) {
    case NADIR_EVENT_CPUID: event.word[0] = pair(r.rax(), r.rcx()); break;
    case NADIR_EVENT_VMX: event.word[0] = static_cast<uint64_t>(reason.basic()); break;
    case NADIR_EVENT_RDMSR: event.word[0] = r.rcx() & 0xFFFF'FFFF; break;
    case NADIR_EVENT_IO: describe_io(event, r.rax()); break;
    case NADIR_EVENT_EXCEPTION: describe_exception(event); break;
    case NADIR_EVENT_INTERRUPT: event.word[0] = vmread(vmcs::exit_interruption_information).vector(); break;
    case NADIR_EVENT_SYSTEM_CALL:
        event.word[0] = r.rax();
        event.word[1] = r.rdi();
        event.word[2] = r.rsi();
        break;
    default:
        event.word[0] = r.rcx() & 0xFFFF'FFFF;
        event.word[1] = r.edx_eax();
        break;
    }
    return true;
}

void finish_event(Vcpu& vcpu, nadir_event& event, Outcome outcome) {
    GuestRegisters& r = vcpu.registers;
    event.outcome = static_cast<nadir_u8>(outcome);
    if (event.kind == NADIR_EVENT_CPUID) {
        event.word[1] = pair(r.rax(), r.rbx());
        event.word[2] = pair(r.rcx(), r.rdx());
    } else if (event.kind == NADIR_EVENT_RDMSR && outcome == Outcome::advance) {
        event.word[1] = r.edx_eax();
    } else if (event.kind == NADIR_EVENT_IO && outcome == Outcome::advance &&
               (event.word[1] & NADIR_EVENT_IO_IN) != 0) {
        event.word[2] = value_of(r.rax(), event.word[1] & NADIR_EVENT_IO_BYTES);
    } else if (event.kind == NADIR_EVENT_SYSTEM_CALL) {
        event.outcome = NADIR_EXIT_ADVANCED; // it isn't met again, though the guest goes on somewhere else
    }
    put(vcpu, event);
}

} // namespace nadir::core
