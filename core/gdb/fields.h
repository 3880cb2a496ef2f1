// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `monitor vmcs`: the VMCS's fields by their names, as arch/ has them and the manual writes them: capitals or not, and a space, '-' or
// '_' between the words. All fields don't fit into one packet: such an answer comes in parts.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/format.h"
#include "core/gdb/machine.h"

namespace nadir::core::gdb {

// `wanted`: an encoding in hexadecimal digits, a name, or a part of names or "all", of which each field is shown. `next`: 0, and then what the part
// before has left there.
Monitored put_fields(Vmm& vmm, uint32_t processor, std::string_view wanted, uint32_t& next, base::Writer& out);

} // namespace nadir::core::gdb
