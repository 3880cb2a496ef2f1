// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The flight recorder: each VM exit that reaches the exit loop leaves a record in its processor's ring
// (control/exit_ring.h): a few stores to the processor's own memory, no lock. The CPUIDs that cpu/exit.S answers leave none;
// the records around them say how many there were. Root mode.
#pragma once

#include <cstdint>

#include "arch/vmx/exit_qualification.h"
#include "arch/vmx/exit_reason.h"
#include "arch/vmx/fields.h"
#include "core/exits/outcome.h"
#include "core/vcpu.h"
#include "cpu/instructions.h"
#include "cpu/vmx.h"

namespace nadir::core {

// What `detail` has of an instruction whose operands are in registers: no further VMREAD, and two stores.
struct ExitDetail {
    uint32_t low, high;
};

// A record is begun by what all have in common, which `show_record` makes visible; in between comes the rest. What this
// costs is paid by each exit, so no count is kept in a register: a place's number grows by the capacity each time round.
inline nadir_exit_record& open_record(Vcpu& vcpu, arch::BasicExitReason reason, uint64_t rip) {
    nadir_exit_ring& ring = exit_ring(vcpu);
    nadir_exit_record& record = *vcpu.next_record;
    // In this order: see control/exit_ring.h. The processor keeps the order of its stores; the fences are for the compiler.
    ++ring.begun;
    __atomic_thread_fence(__ATOMIC_RELEASE);
    // The last record ends where the ring's page does. So seldom that no instruction is spent on it otherwise.
    nadir_exit_record* next = &record + 1;
    const bool beyond = reinterpret_cast<uint64_t>(next) % sizeof(nadir_exit_ring) == 0;
    if (__builtin_expect_with_probability(beyond, 0, 1.0)) {
        next = ring.records;
    }
    vcpu.next_record = next;
    cpu::store_tsc(record.time);
    record.rip = rip;
    record.cpuids = static_cast<nadir_u32>(vcpu.exits[static_cast<unsigned>(arch::BasicExitReason::cpuid)]);
    record.reason = static_cast<nadir_u16>(reason);
    record.outcome = NADIR_EXIT_IN_WORK;
    return record;
}

inline nadir_exit_record& show_record(nadir_exit_record& record) {
    __atomic_thread_fence(__ATOMIC_RELEASE);
    record.sequence += NADIR_EXIT_RING_RECORDS;
    return record;
}

// The record of an instruction's exit, on the path of each such exit: it takes what the caller knows anyway. Only for reasons
// without a qualification (control::has_qualification).
inline nadir_exit_record& show_record(nadir_exit_record& record, ExitDetail detail) {
    auto* halves = reinterpret_cast<uint8_t*>(&record.detail);
    __builtin_memcpy(halves, &detail.low, sizeof(detail.low));
    __builtin_memcpy(halves + sizeof(detail.low), &detail.high, sizeof(detail.high));
    return show_record(record);
}

// Of the reasons without a qualification.
inline ExitDetail detail_of(arch::BasicExitReason reason, const GuestRegisters& r) {
    const auto eax = static_cast<uint32_t>(r.value[0]);
    const auto ecx = static_cast<uint32_t>(r.value[1]);
    switch (reason) {
    case arch::BasicExitReason::cpuid:
    case arch::BasicExitReason::wrmsr:
    case arch::BasicExitReason::xsetbv: return {ecx, eax};
    case arch::BasicExitReason::rdmsr: return {ecx, 0};
    case arch::BasicExitReason::vmcall: return {ecx, static_cast<uint32_t>(r.value[2])}; // not RAX: it may hold the key
    default: return {0, 0};
    }
}

// The value that MOV to a control register gives it. The guest's RSP is in the VMCS.
inline uint64_t control_register_operand(const GuestRegisters& r, arch::CrAccessQualification access) {
    constexpr unsigned rsp = 4;
    const unsigned number = access.general_register();
    return number == rsp ? cpu::vmread(arch::vmcs::guest_rsp) : r.value[number];
}

// Also of an instruction: no event is interrupted.
inline void show_control_register_record(nadir_exit_record& record, uint64_t qualification, uint64_t operand) {
    record.qualification = qualification;
    record.event = 0;
    record.detail = operand;
    show_record(record);
}

// Begins the record of whatever exit; null for those few that leave none. Until `finish_record` the exit counts as in work:
// that is what a report of a fault shows last, and what the watchdog looks at (core/watchdog.h).
nadir_exit_record* begin_record(Vcpu& vcpu, arch::ExitReason reason);

inline void finish_record(nadir_exit_record* record, Outcome outcome) {
    if (record != nullptr) {
        __atomic_store_n(&record->outcome, static_cast<nadir_u16>(outcome), __ATOMIC_RELEASE);
    }
}

// An empty ring for a new run of this processor. Where Nadir does not run.
void reset_exit_ring(Vcpu& vcpu);

} // namespace nadir::core
