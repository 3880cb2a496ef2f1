// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Stands for cpu/vmx.h: the fake processor's VMX instructions, which a test may let fail.
#pragma once

#include <cstdint>

#include "arch/vmx/fields.h"
#include "arch/vmx/invalidation.h"

namespace nadir::cpu {

enum class VmxStatus : uint8_t { succeeded = 0, failed_invalid = 1, failed_valid = 2 };

VmxStatus vmxon(uint64_t physical);
VmxStatus vmxoff();
VmxStatus vmclear(uint64_t physical);
VmxStatus vmptrld(uint64_t physical);
VmxStatus vmwrite_raw(uint64_t encoding, uint64_t value);
VmxStatus vmread_raw(uint64_t encoding, uint64_t& value);
VmxStatus invept(arch::InveptType type, const arch::InveptDescriptor& descriptor);
VmxStatus invvpid(arch::InvvpidType type, const arch::InvvpidDescriptor& descriptor);

// Throw where the real ones would fail unseen.
uint64_t vmread_or_throw(uint32_t encoding);
void vmwrite_or_throw(uint32_t encoding, uint64_t value);

template <typename Field>
typename Field::value_type vmread(Field field) {
    return Field::from_raw(static_cast<typename Field::raw_type>(vmread_or_throw(field.encoding)));
}

template <typename Field>
void vmwrite(Field field, typename Field::value_type value) {
    vmwrite_or_throw(field.encoding, Field::to_raw(value));
}

} // namespace nadir::cpu
