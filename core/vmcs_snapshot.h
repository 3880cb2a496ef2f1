// SPDX-License-Identifier: MIT OR GPL-2.0-only
// All fields of a VMCS at one moment: of an entry that failed, or of a processor that root mode stopped.
#pragma once

#include <cstdint>

#include "arch/vmx/field_encodings.h"
#include "control/control.h"

namespace nadir::core {

struct VmcsSnapshot {
    static constexpr uint32_t capacity =
        static_cast<uint32_t>(sizeof(arch::vmcs_encodings) / sizeof(arch::vmcs_encodings[0]));

    uint64_t values[capacity]; // in the order of arch::vmcs_encodings
    uint64_t known[(capacity + 63) / 64];
    uint32_t source; // enum nadir_vmcs_source
    uint32_t reserved;

    bool has(uint32_t index) const { return ((known[index / 64] >> (index % 64)) & 1) != 0; }

    void copy_to(nadir_vmcs& out) const;
};

static_assert(VmcsSnapshot::capacity <= NADIR_VMCS_FIELDS);

// Reads field `index` of the current VMCS; false where the processor has no such field. Root mode, or the host between
// VMPTRLD and VMCLEAR.
bool read_vmcs_field(uint32_t index, uint64_t& value);

// Reads all of the current VMCS. The VM-instruction error comes out as it was before.
void take_snapshot(VmcsSnapshot& snapshot, nadir_vmcs_source source);

} // namespace nadir::core
