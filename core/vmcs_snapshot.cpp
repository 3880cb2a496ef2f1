// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/vmcs_snapshot.h"

#include "arch/vmx/fields.h"
#include "cpu/vmx.h"

namespace nadir::core {

namespace {

uint32_t index_of(uint32_t encoding) {
    uint32_t index = 0;
    while (arch::vmcs_encodings[index] != encoding) {
        ++index;
    }
    return index;
}

void put(VmcsSnapshot& snapshot, uint32_t index) {
    uint64_t value = 0;
    if (read_vmcs_field(index, value)) {
        snapshot.values[index] = value;
        snapshot.known[index / 64] |= uint64_t{1} << (index % 64);
    }
}

} // namespace

void VmcsSnapshot::copy_to(nadir_vmcs& out) const {
    out.source = source;
    out.count = 0;
    for (uint32_t index = 0; index < capacity; ++index) {
        if (has(index)) {
            out.fields[out.count++] = {arch::vmcs_encodings[index], 0, values[index]};
        }
    }
}

bool read_vmcs_field(uint32_t index, uint64_t& value) {
    return cpu::vmread_raw(arch::vmcs_encodings[index], value) == cpu::VmxStatus::succeeded;
}

void take_snapshot(VmcsSnapshot& snapshot, nadir_vmcs_source source) {
    snapshot = {};
    snapshot.source = source;
    // First: a VMREAD of a field that the processor doesn't have puts its own number there.
    const uint32_t error = index_of(arch::vmcs::instruction_error.encoding);
    put(snapshot, error);
    for (uint32_t index = 0; index < VmcsSnapshot::capacity; ++index) {
        if (index != error) {
            put(snapshot, index);
        }
    }
}

} // namespace nadir::core
