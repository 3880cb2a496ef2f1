// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a VM-instruction error means, and what to do about it.
#pragma once

#include "tool/exit_status.h"

#include <ostream>
#include <string>

namespace nadir::tool {

// `error`: "7", "invalid", "gp", "ud". `instruction`: "VMLAUNCH"; empty: any. Throws Failure where there is none such.
ExitStatus explain_error(const std::string& error, const std::string& instruction, bool json, std::ostream& out);

} // namespace nadir::tool
