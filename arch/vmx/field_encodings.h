// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The encodings of all VMCS fields, without the words that arch/vmx/field_table.h has for them: for code that only reads
// or writes them all.
#pragma once

#include <cstdint>

namespace nadir::arch {

// In the order of vmcs_fields.
inline constexpr std::uint32_t vmcs_encodings[] = {
#define NADIR_VMCS_FIELD(name, encoding, type) encoding,
#define NADIR_VMCS_PLAIN(name, encoding, type) encoding,
#include "arch/vmx/fields.inc"
#undef NADIR_VMCS_PLAIN
#undef NADIR_VMCS_FIELD
};

} // namespace nadir::arch
