// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the lines around a console dump say about how the VM entry ended.
#pragma once

#include "tool/dump/dump.h"

#include <optional>
#include <string_view>

namespace nadir::tool {

// "hardware error 0x80000021" (QEMU), "vmentry failure (reason 0x80000021)", "VMLAUNCH error: 0x7" (Xen).
std::optional<RecordedOutcome> outcome_in(std::string_view text, unsigned line);

// "VMCS 00000000f971be22, last attempted VM-entry on CPU 3" (Linux)
std::optional<unsigned> last_attempted_on(std::string_view text);

// Is this a line of what is printed behind a dump: QEMU's registers, Xen's crash report?
bool ends_dump(std::string_view text);

} // namespace nadir::tool
