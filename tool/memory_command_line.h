// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command lines of `memory read` and `memory translate`.
#pragma once

#include "tool/exit_status.h"
#include "tool/system.h"

#include <functional>
#include <ostream>

namespace CLI {
class App;
}

namespace nadir::tool {

void add_memory_commands(CLI::App& app, std::function<ExitStatus(System&, std::ostream&)>& action);

} // namespace nadir::tool
