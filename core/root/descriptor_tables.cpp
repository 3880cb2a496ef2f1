// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/root/descriptor_tables.h"

#include "arch/gates.h"
#include "cpu/entry_points.h"

namespace nadir::core {

void build_idts(uint8_t* page, arch::Selector code) {
    auto* gates = reinterpret_cast<arch::InterruptGate64*>(page);
    for (unsigned vector = 0; vector < cpu::trap_stub_count; ++vector) {
        const bool unmaskable = vector == 2 || vector == 18; // NMI, #MC
        const uint64_t stub =
            reinterpret_cast<uint64_t>(cpu::nadir_cpu_trap_stubs) + uint64_t{vector} * cpu::trap_stub_bytes;
        gates[vector] = arch::InterruptGate64::make(stub, code, unmaskable ? ist::nmi : ist::fault);
    }
    // Without an interrupt stack: while it is in use, the TSS changes.
    auto* leaving = reinterpret_cast<arch::InterruptGate64*>(page + leaving_idt_offset);
    const uint64_t stub = reinterpret_cast<uint64_t>(&cpu::nadir_cpu_leaving_nmi);
    leaving[2] = arch::InterruptGate64::make(stub, code);
}

namespace {

// The topmost word of each interrupt stack says whose it is: see vcpu_of_trap.
void set_up_interrupt_stack(Vcpu& vcpu, uint8_t slot, uint64_t page) {
    *reinterpret_cast<Vcpu**>(page + 4096 - sizeof(uint64_t)) = &vcpu;
    vcpu.tss.ist[slot - 1] = page + 4096 - 2 * sizeof(uint64_t);
}

} // namespace

void set_task_descriptor(Vcpu& vcpu, arch::Selector task, const arch::SystemSegmentDescriptor& descriptor) {
    vcpu.gdt[task.index()] = descriptor.low.value;
    vcpu.gdt[task.index() + 1] = descriptor.high;
}

bool build_descriptors(Vcpu& vcpu, arch::Selector code, arch::Selector task, uint64_t block) {
    const unsigned code_index = code.index();
    const unsigned task_index = task.index();
    if (code_index == 0 || code_index >= root_gdt_entries || task_index == 0 || task_index + 1 >= root_gdt_entries) {
        return false;
    }
    vcpu.tss = {};
    vcpu.tss.io_map_base = sizeof(vcpu.tss); // no I/O permission bitmap
    set_up_interrupt_stack(vcpu, ist::nmi, block + block::nmi_stack * 4096);
    set_up_interrupt_stack(vcpu, ist::fault, block + block::fault_stack * 4096);

    // SS is null in root mode, as VM exits load it; an IRET within CPL 0 accepts that.
    vcpu.gdt[code_index] = arch::SegmentDescriptor::code64().value;
    set_task_descriptor(vcpu, task,
                        arch::SystemSegmentDescriptor::make(reinterpret_cast<uint64_t>(&vcpu.tss), sizeof(vcpu.tss) - 1,
                                                            arch::segment_type::tss_busy));
    return true;
}

} // namespace nadir::core
