// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command lines of `hook` and `symbols`.
#pragma once

#include "tool/exit_status.h"
#include "tool/system.h"

#include <functional>
#include <ostream>

namespace CLI {
class App;
}

namespace nadir::tool {

void add_hook_commands(CLI::App& app, std::function<ExitStatus(System&, std::ostream&)>& action);

} // namespace nadir::tool
