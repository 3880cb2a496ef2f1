// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/hook_command_line.h"

#include "tool/commands.h"
#include "tool/definitions/value.h"
#include "tool/file_option.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace nadir::tool {

namespace {

using Action = std::function<ExitStatus(System&, std::ostream&)>;

CLI::Option* add_symbol_file(CLI::App* command, std::string& file) {
    return command
        ->add_option(
            "--symbols", file,
            "Take the symbols from this file: a System.map, what `nm` prints, or on Windows an image (.sys, .exe, .dll) with "
            "its PDB, or the PDB beside it; else from the running kernel")
        ->check(existing_file())
        ->type_name("FILE");
}

void add_symbols(CLI::App& app, Action& action) {
    auto options = std::make_shared<SymbolsOptions>();
    CLI::App* command = app.add_subcommand(
        "symbols", "Find the kernel's symbols by name or pattern, and what an address belongs to; without words: all");
    CLI::Option* words =
        command
            ->add_option("words", options->wishes,
                         "A name (vfs_read, MODULE:NAME, nt!NtOpenFile), a pattern with * and ?, or an address")
            ->type_name("PATTERN|ADDRESS");
    CLI::Option* file = add_symbol_file(command, options->file);
    auto at = std::make_shared<std::string>();
    command->add_option("--at", *at, "The file's image is loaded at this address; else where it wants to be")
        ->needs(file)
        ->type_name("ADDRESS");
    CLI::Option* json = command->add_flag("--json", options->json, "Print JSON, for programs");
    command
        ->add_option("--elf", options->elf,
                     "Write all of them, with their modules', where they are now, into this file, for `gdb FILE`")
        ->excludes(words)
        ->excludes(json)
        ->type_name("FILE");
    command->callback([options, at, &action] {
        action = [options, at](System& system, std::ostream& out) {
            if (!at->empty()) {
                options->at = parse_value(*at, Reading::hexadecimal).number;
            }
            return command_symbols(system, *options, out);
        };
    });
}

void add_hook(CLI::App& app, Action& action) {
    auto options = std::make_shared<HookOptions>();
    CLI::App* command = app.add_subcommand(
        "hook", "Set hidden breakpoints in the running kernel, and show each hit as it happens, until Ctrl-C");
    command
        ->add_option(
            "place", options->places,
            "SYMBOL, SYMBOL+OFFSET, MODULE:SYMBOL or ADDRESS: the first byte of an instruction. That it is one isn't checked, "
            "and elsewhere the kernel executes something else than it has")
        ->type_name("PLACE");
    CLI::Option* redirect =
        command->add_option("--redirect", options->redirect, "Go on at this place instead")->type_name("PLACE");
    command
        ->add_option("--call", options->call,
                     "Let this extension, by its name or number, decide what becomes of the instruction")
        ->excludes(redirect)
        ->type_name("EXTENSION");
    CLI::Option* count = command->add_option("--count", options->count, "End after so many hits")
                             ->check(CLI::Range(1, 1'000'000'000))
                             ->type_name("N");
    CLI::Option* quiet =
        command->add_flag("-q,--quiet", options->quiet, "Only count hits, and print the sums at the end");
    CLI::Option* keep = command->add_flag("--keep", options->keep, "Leave the hooks set, and end at once")
                            ->excludes(count)
                            ->excludes(quiet);
    CLI::Option* list =
        command->add_flag("--list", options->list, "Print the hooks that there are, of all programs")->excludes(keep);
    command->add_flag("--clear", options->clear, "Remove the hooks that --keep has left")
        ->excludes(keep)
        ->excludes(list);
    add_symbol_file(command, options->symbols);
    command->add_flag("--json", options->json,
                      "Print one JSON object per line, for programs; with --list, --keep and --clear one document");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_hook(system, *options, out); };
    });
}

} // namespace

void add_hook_commands(CLI::App& app, Action& action) {
    add_hook(app, action);
    add_symbols(app, action);
}

} // namespace nadir::tool
