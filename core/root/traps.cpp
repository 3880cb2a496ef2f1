// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's exceptions and NMIs (cpu/traps.S).
#include "arch/exceptions.h"
#include "core/log.h"
#include "core/owed_events.h"
#include "core/root/descriptor_tables.h"
#include "core/root/fault_report.h"
#include "core/vmm.h"
#include "core/watchdog.h"
#include "cpu/entry_points.h"

namespace nadir::core {

namespace {

// Was it one of cpu/checked.S's instructions? Then the fault is its answer.
bool fix_up(cpu::TrapFrame& frame) {
    for (const cpu::CheckedInstruction* entry = cpu::nadir_cpu_checked_table; entry->instruction != 0; ++entry) {
        const uint64_t instruction =
            reinterpret_cast<uint64_t>(&entry->instruction) + static_cast<uint64_t>(int64_t{entry->instruction});
        if (instruction == frame.rip) {
            frame.rip = reinterpret_cast<uint64_t>(&entry->fix_up) + static_cast<uint64_t>(int64_t{entry->fix_up});
            return true;
        }
    }
    return false;
}

void take_nmi(Vcpu& vcpu, const cpu::TrapFrame& frame) {
    if (is_overdue(vcpu)) {
        stop_hanging(vcpu, frame);
    }
    ++vcpu.nmi_in_root;
    if (vcpu.vmx_on == 0) {
        // This processor is leaving; the host hands it over (core/leave.cpp). Two: as in owe_nmi.
        if (vcpu.owed.nmi < 2) {
            __atomic_fetch_add(&vcpu.owed.nmi, 1, __ATOMIC_RELAXED);
        }
        return;
    }
    owe_nmi(vcpu);
    log(vcpu, Message::nmi_in_root, {frame.rip});
}

} // namespace

extern "C" NADIR_CPU_ABI void nadir_handle_trap(cpu::TrapFrame* frame) {
    Vcpu& vcpu = vcpu_of_trap(frame);
    const auto vector = static_cast<arch::Vector>(frame->vector);
    if (vector == arch::Vector::nmi) {
        take_nmi(vcpu, *frame);
        return;
    }
    if (vector == arch::Vector::machine_check && vcpu.vmx_on != 0) {
        log(vcpu, Message::machine_check_in_root, {frame->rip});
        owe_machine_check(vcpu);
        return;
    }
    if ((vector == arch::Vector::general_protection || vector == arch::Vector::invalid_opcode) && fix_up(*frame)) {
        return;
    }
    stop_after_fault(vcpu, *frame);
}

} // namespace nadir::core
