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

void begin_with_qualification(nadir_exit_record& record, const Vcpu& vcpu, BasicExitReason reason) {
    record.qualification = vmread(vmcs::exit_qualification);
    record.event = vmread(vmcs::idt_vectoring_information).value;
    record.detail = 0;
    switch (reason) {
    case BasicExitReason::exception_or_nmi: record.event = vmread(vmcs::exit_interruption_information).value; break;
    case BasicExitReason::control_register_access:
        record.detail = control_register_operand(vcpu.registers, arch::CrAccessQualification{record.qualification});
        break;
    case BasicExitReason::ept_violation:
    case BasicExitReason::ept_misconfiguration: record.detail = vmread(vmcs::guest_physical_address); break;
    default: break;
    }
}

// Questions about Nadir itself leave no record: who reads a ring, record by record, would otherwise fill it with that.
bool is_question(Vcpu& vcpu, BasicExitReason reason) {
    return reason == BasicExitReason::vmcall && vcpu.registers.rax() == vcpu.place.vmm->key &&
           is_question(static_cast<Hypercall>(vcpu.registers.rcx()));
}

} // namespace

nadir_exit_record* begin_record(Vcpu& vcpu, arch::ExitReason exit_reason) {
    const BasicExitReason reason = exit_reason.basic();
    if (is_question(vcpu, reason)) {
        return nullptr;
    }
    const uint64_t rip = vmread(vmcs::guest_rip);
    nadir_exit_record& record = open_record(vcpu, reason, rip);
    if (!control::has_qualification(static_cast<nadir_u16>(reason))) {
        return &show_record(record, detail_of(reason, vcpu.registers));
    }
    begin_with_qualification(record, vcpu, reason);
    return &show_record(record);
}

void reset_exit_ring(Vcpu& vcpu) {
    nadir_exit_ring& ring = exit_ring(vcpu);
    __builtin_memset(&ring, 0, sizeof(ring));
    ring.version = NADIR_EXIT_RING_VERSION;
    ring.processor = vcpu.place.processor;
    ring.record_bytes = sizeof(nadir_exit_record);
    ring.capacity = NADIR_EXIT_RING_RECORDS;
    // Each place is one round before its first number.
    for (uint32_t i = 0; i < NADIR_EXIT_RING_RECORDS; ++i) {
        ring.records[i].sequence = i - NADIR_EXIT_RING_RECORDS;
    }
    vcpu.next_record = ring.records;
    ring.state = vcpu.state;
    ring.started = cpu::read_tsc();
    ring.magic[0] = NADIR_EXIT_RING_MAGIC_LOW;
    ring.magic[1] = NADIR_EXIT_RING_MAGIC_HIGH;
}

} // namespace nadir::core
