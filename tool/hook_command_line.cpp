// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook_command_line.h"

#include "tool/commands.h"
#include "tool/file_option.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace nadir::tool {

namespace {

using Action = std::function<ExitStatus(System&, std::ostream&)>;

void add_symbol_file(CLI::App* command, std::string& file) {
    command
        ->add_option(
            "--symbols", file,
            "Take the kernel's symbols from this file, a System.map or what `nm` prints; else from the running kernel")
        ->check(existing_file())
        ->type_name("FILE");
}

void add_symbols(CLI::App& app, Action& action) {
    auto options = std::make_shared<SymbolsOptions>();
    CLI::App* command = app.add_subcommand(
        "symbols", "Find the kernel's symbols by name or pattern, and what an address belongs to; without words: all");
    command
        ->add_option("words", options->wishes, "A name (vfs_read, MODULE:NAME), a pattern with * and ?, or an address")
        ->type_name("PATTERN|ADDRESS");
    add_symbol_file(command, options->file);
    command->add_flag("--json", options->json, "Print JSON, for programs");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_symbols(system, *options, out); };
    });
}

} // namespace

void add_hook_commands(CLI::App& app, Action& action) { add_symbols(app, action); }

} // namespace nadir::tool
