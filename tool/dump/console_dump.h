// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The dumps that Linux KVM (kvm_intel.dump_invalid_vmcs=1) and Xen print when a VM entry fails, as pasted from a log.
#pragma once

#include "tool/dump/dump.h"

#include <string_view>
#include <vector>

namespace nadir::tool {

bool looks_like_console_dump(std::string_view text);

// Every dump in the text, in order; none where there is no "*** Guest State ***".
std::vector<Dump> read_console_dumps(std::string_view text);

} // namespace nadir::tool
