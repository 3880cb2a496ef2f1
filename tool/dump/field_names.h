// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A VMCS field by whatever name somebody gave it: ours, Linux's, the manual's, its encoding.
#pragma once

#include "arch/vmx/field_table.h"

#include <string>
#include <string_view>

namespace nadir::tool {

struct NamedField {
    const arch::VmcsFieldInfo* field = nullptr; // null: nobody calls a field so
    bool high_half = false;                     // bits 63:32 of a 64-bit field
};

NamedField field_named(std::string_view name);

// Our names that are spelt nearly so, "guest_cs_limit, guest_ds_limit"; empty: none.
std::string names_like(std::string_view name);

} // namespace nadir::tool
