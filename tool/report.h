// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What came of a request: in words, as JSON, and as an exit status.
#pragma once

#include "control/control.h"
#include "tool/exit_status.h"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace nadir::tool {

// The text of the core, or words for its status where it has none.
std::string words_of(const nadir_report& report);

// The same, with the step and the processor where there are any.
std::string describe(const nadir_report& report);

nlohmann::ordered_json to_json(const nadir_report& report);

ExitStatus exit_status_of(const nadir_report& report);

} // namespace nadir::tool
