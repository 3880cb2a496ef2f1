// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Everything that a bug report needs, as one text (docs/look.md says what is in it).
#pragma once

#include "tool/bug_report/scrubber.h"
#include "tool/system.h"

#include <ostream>

namespace nadir::tool {

// The first line; its number changes when a program that reads reports has to know.
inline constexpr std::string_view bug_report_heading = "nadir report 1";

void write_bug_report(System& system, bool with_private, const std::string& symbols, std::ostream& out);

} // namespace nadir::tool
