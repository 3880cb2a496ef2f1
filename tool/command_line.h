// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The definitions of all commands: for the command line itself, and for what is made of them (manual pages, completion).
#pragma once

#include "tool/exit_status.h"
#include "tool/system.h"

#include <functional>
#include <ostream>

namespace CLI {
class App;
}

namespace nadir::tool {

// What the command line chose.
using Action = std::function<ExitStatus(System&, std::ostream&)>;

// `words`: what the system calls things, for the descriptions. `app` and `action` stay where they are as long as it is parsed.
void define_commands(CLI::App& app, Action& action, const SystemWords& words);

} // namespace nadir::tool
