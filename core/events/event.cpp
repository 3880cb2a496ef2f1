// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/events/event.h"

#include "arch/vmx/fields.h"
#include "core/events/flow_events.h"
#include "core/events/record.h"
#include "core/events/register_events.h"
#include "core/events/registers.h"
#include "core/events/watch.h"
#include "core/guest.h"
#include "core/plan/plan.h"
#include "core/views/access.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

#include <bit>

namespace nadir::core {

using arch::BasicExitReason;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

constexpr uint64_t pair(uint64_t low, uint64_t high) { return (low & 0xFFFF'FFFF) | high << 32; }

nadir_event_kind kind_of(const Vcpu& vcpu, BasicExitReason reason) {
    switch (reason) {
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
    case BasicExitReason::io_instruction:
    case BasicExitReason::exception_or_nmi:
    case BasicExitReason::external_interrupt: return flow_event_kind(vcpu, reason);
    default: return register_event_kind(vcpu, reason);
    }
}

bool is_watched(const Vcpu& vcpu, nadir_event_kind kind) {
    const EventWatch& watch = vcpu.plan->watch;
    if (kind == no_kind || vcpu.events.on == 0 || !has_kind(watch.kinds, kind)) {
        return false;
    }
    const auto eax = static_cast<uint32_t>(vcpu.registers.value[0]);
    const auto ecx = static_cast<uint32_t>(vcpu.registers.value[1]);
    switch (kind) {
    case NADIR_EVENT_CPUID: return is_in_range(watch, NADIR_RANGE_CPUID_LEAF, eax);
    case NADIR_EVENT_RDMSR:
    case NADIR_EVENT_WRMSR: return is_in_range(watch, NADIR_RANGE_MSR, ecx);
    case NADIR_EVENT_CONTROL_REGISTER: return watches_control_register(watch, accessed_control_register());
    case NADIR_EVENT_IO: return is_port_watched(watch);
    case NADIR_EVENT_EXCEPTION: return is_exception_watched(watch);
    default: return true;
    }
}

void put(Vcpu& vcpu, const nadir_event& event) {
    const uint64_t number = vcpu.events.next;
    const uint32_t ahead = vcpu.events.ahead;
    vcpu.events = {number + 1 + ahead, vcpu.events.on, 0};
    put_record(event_ring(vcpu), number, number + 1 + ahead, event);
}

void put_registers_if_wanted(Vcpu& vcpu) {
    if ((vcpu.plan->watch.options & NADIR_EVENT_OPTION_REGISTERS) != 0) {
        put_registers(vcpu);
    }
}

// Of the instruction that the guest is at.
void begin(nadir_event& event, nadir_event_kind kind) {
    event = {};
    cpu::store_tsc(event.time);
    event.rip = vmread(vmcs::guest_rip);
    event.cr3 = vmread(vmcs::guest_cr3).value;
    event.kind = static_cast<nadir_u16>(kind);
    event.privilege_level = static_cast<nadir_u8>(guest_privilege_level());
}

} // namespace

bool begin_event(Vcpu& vcpu, arch::ExitReason reason, nadir_event& event) {
    const nadir_event_kind kind = kind_of(vcpu, reason.basic());
    if (reason.entry_failure() || !is_watched(vcpu, kind)) {
        return false;
    }
    GuestRegisters& r = vcpu.registers;
    begin(event, kind);
    switch (kind) {
    case NADIR_EVENT_CPUID: event.word[0] = pair(r.rax(), r.rcx()); break;
    case NADIR_EVENT_VMX: event.word[0] = static_cast<uint64_t>(reason.basic()); break;
    case NADIR_EVENT_RDMSR: event.word[0] = r.rcx() & 0xFFFF'FFFF; break;
    case NADIR_EVENT_WRMSR:
    case NADIR_EVENT_XSETBV:
        event.word[0] = r.rcx() & 0xFFFF'FFFF;
        event.word[1] = r.edx_eax();
        break;
    case NADIR_EVENT_IO:
    case NADIR_EVENT_EXCEPTION:
    case NADIR_EVENT_INTERRUPT:
    case NADIR_EVENT_SYSTEM_CALL: begin_flow_event(vcpu, event); break;
    default: begin_register_event(vcpu, reason.basic(), event); break;
    }
    put_registers_if_wanted(vcpu);
    return true;
}

void put_hook_event(Vcpu& vcpu, uint32_t number) {
    if (vcpu.plan == nullptr || !is_watched(vcpu, NADIR_EVENT_HOOK)) {
        return;
    }
    nadir_event event;
    begin(event, NADIR_EVENT_HOOK);
    event.outcome = static_cast<nadir_u8>(Outcome::retry);
    event.word[0] = number;
    event.word[1] = vcpu.registers.rdi();
    event.word[2] = vcpu.registers.rsi();
    put_registers_if_wanted(vcpu);
    put(vcpu, event);
}

void put_memory_event(Vcpu& vcpu, const MemoryAccess& access, Outcome outcome) {
    if (!is_watched(vcpu, NADIR_EVENT_MEMORY)) {
        return;
    }
    nadir_event event;
    begin(event, NADIR_EVENT_MEMORY);
    event.outcome = static_cast<nadir_u8>(outcome);
    event.word[0] = access.physical;
    event.word[1] = access.linear;
    event.word[2] = access.kinds | access.about | uint64_t{access.bytes} << std::countr_zero(NADIR_EVENT_MEMORY_LENGTH);
    put_registers_if_wanted(vcpu);
    put(vcpu, event);
}

void finish_event(Vcpu& vcpu, nadir_event& event, Outcome outcome) {
    GuestRegisters& r = vcpu.registers;
    event.outcome = static_cast<nadir_u8>(outcome);
    if (event.kind == NADIR_EVENT_CPUID) {
        event.word[1] = pair(r.rax(), r.rbx());
        event.word[2] = pair(r.rcx(), r.rdx());
    } else if (event.kind == NADIR_EVENT_RDMSR && outcome == Outcome::advance) {
        event.word[1] = r.edx_eax();
    } else {
        finish_register_event(vcpu, event, outcome);
        finish_flow_event(vcpu, event, outcome);
    }
    put(vcpu, event);
}

void put_rule_events(Vcpu& vcpu, Outcome outcome) {
    const RuleAnswers answered = vcpu.answered;
    vcpu.answered.rules = 0;
    if (!is_watched(vcpu, NADIR_EVENT_RULE)) {
        return;
    }
    const Rules& rules = vcpu.plan->rules;
    for (uint32_t i = 0; i < rules.count; ++i) {
        if (((answered.rules >> i) & 1) != 0) {
            nadir_event event;
            begin(event, NADIR_EVENT_RULE);
            event.word[0] = rules.of[i].slot + 1;
            event.word[1] = answered.asked[0];
            event.word[2] = answered.asked[1];
            event.outcome = static_cast<nadir_u8>(outcome);
            // Those behind the answer: so each event takes the same places, and losses can be told.
            put_registers_if_wanted(vcpu);
            put(vcpu, event);
        }
    }
}

} // namespace nadir::core
