// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's own GDT, TSS and IDT.
#pragma once

#include <cstdint>

#include "arch/segments.h"
#include "core/vcpu.h"

namespace nadir::core {

// The interrupt stack table's slots (1 to 7 in a gate).
namespace ist {
inline constexpr uint8_t nmi = 1;
inline constexpr uint8_t fault = 2;
} // namespace ist

// Fills a page, shared by all processors: root mode's IDT at its beginning, a gate for each of the 32 exceptions and none
// for interrupts, which root mode never enables; and, in its second half, the IDT of a processor that is leaving, whose only
// gate is the NMI's (cpu/return.S).
inline constexpr uint16_t leaving_idt_offset = 2048;
inline constexpr uint16_t idt_limit = 32 * 16 - 1;
void build_idts(uint8_t* page, arch::Selector code);

// Fills the vcpu's GDT and TSS. `code` and `task` are the system's own selectors; false when the GDT is too short for them.
bool build_descriptors(Vcpu& vcpu, arch::Selector code, arch::Selector task, uint64_t block);

// The descriptor of a 64-bit TSS, at the place that `task` selects in root mode's GDT.
void set_task_descriptor(Vcpu& vcpu, arch::Selector task, const arch::SystemSegmentDescriptor& descriptor);

// The vcpu whose interrupt stack holds this address.
inline Vcpu& vcpu_of_trap(const void* frame) {
    const uint64_t page = reinterpret_cast<uint64_t>(frame) & ~uint64_t{4095};
    return **reinterpret_cast<Vcpu**>(page + 4096 - sizeof(uint64_t));
}

} // namespace nadir::core
