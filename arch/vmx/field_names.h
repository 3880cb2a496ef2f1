// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The names of all VMCS fields, and nothing else of arch/vmx/field_table.h: one behind the other, for code that has neither room for a
// pointer to each nor anybody to relocate them.
#pragma once

namespace nadir::arch {

// Each ends with a NUL; in the order of vmcs_encodings (arch/vmx/field_encodings.h).
inline constexpr char vmcs_names[] =
#define NADIR_VMCS_FIELD(name, encoding, type) #name "\0"
#define NADIR_VMCS_PLAIN(name, encoding, type) #name "\0"
#include "arch/vmx/fields.inc"
#undef NADIR_VMCS_PLAIN
#undef NADIR_VMCS_FIELD
    ;

} // namespace nadir::arch
