// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command line of what looks at a running Nadir as a whole: stats, top, report.
#pragma once

#include "tool/commands.h"

#include <CLI/CLI.hpp>
#include <functional>

namespace nadir::tool {

void add_look_commands(CLI::App& app, std::function<ExitStatus(System&, std::ostream&)>& action);

} // namespace nadir::tool
