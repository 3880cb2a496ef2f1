// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/recorder.h"

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/fields.h"
#include "core/hypercall.h"
#include "core/vmm.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

using arch::BasicExitReason;
using cpu::vmread;
namespace vmcs = arch::vmcs;

namespace {

static_assert(static_cast<unsigned>(Outcome::advance) == NADIR_EXIT_ADVANCED);
static_assert(static_cast<unsigned>(Outcome::retry) == NADIR_EXIT_RETRIED);
static_assert(static_cast<unsigned>(Outcome::invalid_opcode) == NADIR_EXIT_RAISED_UD);
static_assert(static_cast<unsigned>(Outcome::general_protection) == NADIR_EXIT_RAISED_GP);
static_assert(static_cast<unsigned>(Outcome::leave) == NADIR_EXIT_LEFT);
static_assert(static_cast<unsigned>(Outcome::unexpected) == NADIR_EXIT_UNEXPECTED);

constexpr uint32_t first_place = offsetof(nadir_exit_ring, records);

uint64_t pair(uint64_t low, uint64_t high) { return high << 32 | (low & 0xFFFF'FFFF); }

// The value that MOV to a control register gives it. The guest's RSP is in the VMCS.
uint64_t control_register_operand(const GuestRegisters& r, uint64_t raw) {
    const arch::CrAccessQualification qualification{raw};
    constexpr unsigned rsp = 4;
    const unsigned number = qualification.general_register() % 16;
    return number == rsp ? vmread(vmcs::guest_rsp) : r.value[number];
}

inline void complete(nadir_exit_record& record, const Vcpu& vcpu, BasicExitReason reason, uint64_t number) {
    record.cpuids = static_cast<nadir_u32>(vcpu.exits[static_cast<unsigned>(BasicExitReason::cpuid)]);
    record.reason = static_cast<nadir_u16>(reason);
    record.outcome = NADIR_EXIT_IN_WORK;
    __atomic_store_n(&record.sequence, static_cast<nadir_u32>(number), __ATOMIC_RELEASE);
}

// On its own, so that the frequent reasons need no stack.
[[gnu::noinline]] nadir_exit_record* complete_rare(nadir_exit_record& record, const Vcpu& vcpu, BasicExitReason reason,
                                                   uint64_t number) {
    record.qualification = vmread(vmcs::exit_qualification);
    record.event = vmread(vmcs::idt_vectoring_information).value;
    record.detail = 0;
    switch (reason) {
    case BasicExitReason::exception_or_nmi: record.event = vmread(vmcs::exit_interruption_information).value; break;
    case BasicExitReason::control_register_access:
        record.detail = control_register_operand(vcpu.registers, record.qualification);
        break;
    case BasicExitReason::ept_violation:
    case BasicExitReason::ept_misconfiguration: record.detail = vmread(vmcs::guest_physical_address); break;
    default: break;
    }
    complete(record, vcpu, reason, number);
    return &record;
}

// Questions about Nadir itself leave no record: who reads a ring, record by record, would otherwise fill it with that.
bool is_question(Vcpu& vcpu, BasicExitReason reason) {
    return reason == BasicExitReason::vmcall && vcpu.registers.rax() == vcpu.place.vmm->key &&
           is_question(static_cast<Hypercall>(vcpu.registers.rcx()));
}

} // namespace

nadir_exit_record* begin_record(Vcpu& vcpu, arch::ExitReason reason) {
    if (is_question(vcpu, reason.basic())) [[unlikely]] {
        return nullptr;
    }
    nadir_exit_ring& ring = exit_ring(vcpu);
    const uint64_t number = ring.begun;
    const uint32_t place = ring.next;
    auto& record = *reinterpret_cast<nadir_exit_record*>(reinterpret_cast<uint8_t*>(&ring) + place);
    // In this order: see control/exit_ring.h. The processor keeps the order of its stores; the fence is for the compiler.
    __atomic_store_n(&ring.begun, number + 1, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    constexpr uint32_t last_place = sizeof(nadir_exit_ring) - sizeof(nadir_exit_record);
    ring.next = place == last_place ? first_place : place + static_cast<uint32_t>(sizeof(nadir_exit_record));
    record.time = cpu::read_tsc();
    record.rip = vmread(vmcs::guest_rip);
    // These have neither a qualification nor an event that they interrupt, and cost no further VMREAD.
    GuestRegisters& r = vcpu.registers;
    uint64_t detail = 0;
    switch (reason.basic()) {
    case BasicExitReason::cpuid:
    case BasicExitReason::wrmsr:
    case BasicExitReason::xsetbv: detail = pair(r.rcx(), r.rax()); break;
    case BasicExitReason::rdmsr: detail = pair(r.rcx(), 0); break;
    case BasicExitReason::vmcall: detail = pair(r.rcx(), r.rdx()); break; // not RAX: it may hold the key
    default: return complete_rare(record, vcpu, reason.basic(), number);
    }
    record.qualification = 0;
    record.detail = detail;
    record.event = 0;
    complete(record, vcpu, reason.basic(), number);
    return &record;
}

void reset_exit_ring(Vcpu& vcpu) {
    nadir_exit_ring& ring = exit_ring(vcpu);
    __builtin_memset(&ring, 0, sizeof(ring));
    ring.version = NADIR_EXIT_RING_VERSION;
    ring.processor = vcpu.place.processor;
    ring.record_bytes = sizeof(nadir_exit_record);
    ring.capacity = NADIR_EXIT_RING_RECORDS;
    ring.next = first_place;
    ring.state = vcpu.state;
    ring.started = cpu::read_tsc();
    ring.magic[0] = NADIR_EXIT_RING_MAGIC_LOW;
    ring.magic[1] = NADIR_EXIT_RING_MAGIC_HIGH;
}

} // namespace nadir::core
