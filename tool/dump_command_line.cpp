// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump_command_line.h"

#include "tool/commands.h"
#include "tool/dump/dump.h"
#include "tool/file_option.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <memory>

namespace nadir::tool {

namespace {

using Action = std::function<ExitStatus(System&, std::ostream&)>;

void add_format(CLI::App* command, std::string& format) {
    command
        ->add_option("--format", format, "Take the dump for one of nadir, json, kvm, xen, list; else it is recognised")
        ->check(CLI::IsMember({"nadir", "json", "kvm", "xen", "list"}))
        ->type_name("FORMAT");
}

void add_explain(CLI::App& app, Action& action, const SystemWords& words) {
    auto options = std::make_shared<ExplainOptions>();
    CLI::App* command = app.add_subcommand(
        "explain", fmt::format("Why does VM entry with this VMCS fail? For dumps of Nadir, Linux KVM, Xen. Needs no {}",
                               words.host));
    CLI::Option* file = command->add_option("file", options->file, "The dump; - for standard input")->type_name("FILE");
    CLI::Option* caps =
        command
            ->add_option("--caps", options->caps,
                         "The processor's capabilities: a file of `nadir caps --json` from that machine")
            ->check(existing_file())
            ->type_name("FILE");
    CLI::Option* model =
        command->add_option("--model", options->model, "The capabilities of this processor model")->type_name("NAME");
    model->excludes(caps);
    command->add_flag("--list-models", options->list_models, "Print the names that --model takes");
    command->add_option("--number", options->number, "Which of several dumps in the file (1)")
        ->check(CLI::PositiveNumber)
        ->type_name("N");
    add_format(command, options->format);
    command->add_flag("-v,--verbose", options->verbose, "Name every rule that could not be checked, and why");
    CLI::Option* error =
        command
            ->add_option("--error", options->error,
                         "In place of a dump: a VM-instruction error (1 to 28), \"invalid\" (VMfailInvalid), "
                         "\"gp\" (#GP) or \"ud\" (#UD)")
            ->type_name("ERROR");
    error->excludes(file);
    command
        ->add_option("--instruction", options->instruction,
                     "With --error: of this VMX instruction (VMXON, VMLAUNCH, ...)")
        ->needs(error)
        ->type_name("NAME");
    command->add_flag("--json", options->json, "Print JSON, for programs");
    command->footer(
        "Exit status: 0 no rule is violated; 1 at least one is; 2 the file, or a line of it, can't be read; 7 none "
        "is violated, but not all could be checked.");
    command->callback([options, &action] {
        action = [options](System&, std::ostream& out) { return command_explain(*options, out); };
    });
}

void add_dump(CLI::App& app, Action& action) {
    auto options = std::make_shared<DumpOptions>();
    CLI::App* command = app.add_subcommand("dump", "Write the VMCS of a processor under Nadir, for explain and diff");
    CLI::Option* processor = command->add_option("--cpu", options->processor, "Of this processor (0)")->type_name("N");
    command->add_flag("--failed", options->failed, "That of the last VM entry that failed, kept since")
        ->excludes(processor);
    command->add_option("-o,--output", options->output, "Write to this file")->type_name("FILE");
    command->add_flag("--json", options->json, "Write JSON, for programs");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_dump(system, *options, out); };
    });
}

void add_diff(CLI::App& app, Action& action, const SystemWords& words) {
    auto options = std::make_shared<DiffOptions>();
    CLI::App* command =
        app.add_subcommand("diff", fmt::format("Which fields differ between two VMCS dumps? Needs no {}", words.host));
    command->add_option("left", options->left, "A dump of any format; - for standard input")
        ->required()
        ->type_name("A");
    command->add_option("right", options->right, "The other")->required()->type_name("B");
    add_format(command, options->format);
    command->add_flag("--json", options->json, "Print JSON, for programs");
    command->footer(
        "Exit status: 0 all fields of both have the same values; 1 some differ, or stand in one only; 2 a file can't "
        "be read.");
    command->callback(
        [options, &action] { action = [options](System&, std::ostream& out) { return command_diff(*options, out); }; });
}

} // namespace

void add_dump_commands(CLI::App& app, Action& action, const SystemWords& words) {
    add_explain(app, action, words);
    add_dump(app, action);
    add_diff(app, action, words);
}

} // namespace nadir::tool
