// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The state of a processor that a VM entry loads and a VM exit saves: taken from the running processor before launch,
// written into the VMCS, read back from it, and given back to the processor when it leaves.
#pragma once

#include <cstdint>

#include "arch/capabilities.h"
#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/msr/cet.h"
#include "arch/msr/debugctl.h"
#include "arch/msr/efer.h"
#include "arch/msr/pat.h"
#include "arch/rflags.h"
#include "arch/segments.h"

namespace nadir::core {

struct SegmentState {
    arch::Selector selector;
    arch::AccessRights rights;
    uint32_t limit;
    uint64_t base;
};

struct ProcessorState {
    arch::Cr0 cr0; // as the system reads them: CR0.NE and CR4.VMXE are its own
    arch::Cr3 cr3;
    arch::Cr4 cr4;
    arch::Dr7 dr7;
    arch::Rflags rflags;
    uint64_t rip; // known only when read from the VMCS
    uint64_t rsp;
    SegmentState es, cs, ss, ds, fs, gs, ldtr, tr;
    arch::DescriptorTableRegister gdtr, idtr;
    arch::Efer efer;
    arch::Pat pat;
    arch::DebugCtl debugctl; // known only when read from the VMCS
    uint64_t sysenter_cs, sysenter_esp, sysenter_eip;
    // Only with CET or supervisor protection keys.
    uint64_t s_cet, ssp, interrupt_ssp_table, pkrs;
};

// What a descriptor in the tables says of a selector.
SegmentState segment_from_tables(arch::Selector selector, const arch::DescriptorTableRegister& gdtr, uint64_t ldt);

// The running processor. CPL 0, interrupts off, 64-bit mode.
ProcessorState capture_processor(const arch::Capabilities& capabilities);

// To and from the current VMCS.
void write_guest_state(const ProcessorState& state, const arch::Capabilities& capabilities);
ProcessorState read_guest_state(const arch::Capabilities& capabilities);

} // namespace nadir::core
