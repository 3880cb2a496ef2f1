// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The VMX instructions. Each reports both of its failure flags ([SDM3 "Conventions"], VMfailInvalid: CF, VMfailValid: ZF
// with a number in the VM-instruction error field). CPL 0; outside VMX operation all but VMXON raise #UD.
#pragma once

#include <cstdint>

#include "arch/vmx/fields.h"
#include "arch/vmx/invalidation.h"
#include "cpu/halves.h"

namespace nadir::cpu {

enum class VmxStatus : uint8_t { succeeded = 0, failed_invalid = 1, failed_valid = 2 };

inline VmxStatus vmx_status(bool carry, bool zero) {
    return carry ? VmxStatus::failed_invalid : zero ? VmxStatus::failed_valid : VmxStatus::succeeded;
}

// Operands of VMXON, VMCLEAR and VMPTRLD are physical addresses, given in memory.
inline VmxStatus vmxon(uint64_t physical) {
    bool c, z;
    asm volatile("vmxon %2" : "=@ccc"(c), "=@ccz"(z) : "m"(physical) : "memory");
    return vmx_status(c, z);
}
inline VmxStatus vmxoff() {
    bool c, z;
    asm volatile("vmxoff" : "=@ccc"(c), "=@ccz"(z) : : "memory");
    return vmx_status(c, z);
}
inline VmxStatus vmclear(uint64_t physical) {
    bool c, z;
    asm volatile("vmclear %2" : "=@ccc"(c), "=@ccz"(z) : "m"(physical) : "memory");
    return vmx_status(c, z);
}
inline VmxStatus vmptrld(uint64_t physical) {
    bool c, z;
    asm volatile("vmptrld %2" : "=@ccc"(c), "=@ccz"(z) : "m"(physical) : "memory");
    return vmx_status(c, z);
}

inline VmxStatus vmwrite_raw(uint64_t encoding, uint64_t value) {
    bool c, z;
    asm volatile("vmwrite %3, %2" : "=@ccc"(c), "=@ccz"(z) : "r"(encoding), "rm"(value) : "memory");
    return vmx_status(c, z);
}
inline VmxStatus vmread_raw(uint64_t encoding, uint64_t& value) {
    bool c, z;
    asm volatile("vmread %3, %2" : "=@ccc"(c), "=@ccz"(z), "=rm"(value) : "r"(encoding) : "memory");
    return vmx_status(c, z);
}

// A VMREAD of a field that the processor is known to have, with a current VMCS: it can't fail, so no flag is read. The
// exit path uses this one. The field's own type comes back, so that a wrong width does not compile.
template <typename Field>
inline typename Field::value_type vmread(Field field) {
    uint64_t v;
    // The VMCS is no memory that C++ could know of: what the compiler has in registers stays valid.
    asm volatile("vmread %1, %0" : "=r"(v) : "r"(uint64_t{field.encoding}) : "cc");
    using Value = typename Field::value_type;
    if constexpr (sizeof(typename Field::raw_type) < sizeof(v)) {
        v = whole_register(v);
    }
    if constexpr (requires { Value{}.value; }) {
        return Value{static_cast<decltype(Value{}.value)>(v)};
    } else {
        return static_cast<Value>(v);
    }
}

// The same for VMWRITE.
template <typename Field>
inline void vmwrite(Field field, typename Field::value_type value) {
    uint64_t v;
    if constexpr (requires { value.value; }) {
        v = static_cast<uint64_t>(value.value);
    } else {
        v = static_cast<uint64_t>(value);
    }
    asm volatile("vmwrite %1, %0" : : "r"(uint64_t{field.encoding}), "rm"(v) : "cc");
}

inline VmxStatus invept(arch::InveptType type, const arch::InveptDescriptor& descriptor) {
    bool c, z;
    asm volatile("invept %2, %3"
                 : "=@ccc"(c), "=@ccz"(z)
                 : "m"(descriptor), "r"(static_cast<uint64_t>(type))
                 : "memory");
    return vmx_status(c, z);
}
inline VmxStatus invvpid(arch::InvvpidType type, const arch::InvvpidDescriptor& descriptor) {
    bool c, z;
    asm volatile("invvpid %2, %3"
                 : "=@ccc"(c), "=@ccz"(z)
                 : "m"(descriptor), "r"(static_cast<uint64_t>(type))
                 : "memory");
    return vmx_status(c, z);
}

} // namespace nadir::cpu
