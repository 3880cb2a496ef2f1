// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/memory_command_line.h"

#include "tool/commands.h"

#include <CLI/CLI.hpp>
#include <memory>

namespace nadir::tool {

namespace {

using Action = std::function<ExitStatus(System&, std::ostream&)>;

void add_whose(CLI::App* command, bool& physical, std::optional<nadir_u32>& process) {
    CLI::Option* flag = command->add_flag("--physical", physical, "The address is a (guest-)physical one");
    command
        ->add_option(
            "--process", process,
            "Through the page tables of this process (default: the command's own, whose kernel part is everybody's)")
        ->check(CLI::Range(1u, 0x7FFF'FFFFu))
        ->type_name("PID")
        ->excludes(flag);
}

void add_read(CLI::App& memory, Action& action) {
    auto options = std::make_shared<MemoryReadOptions>();
    CLI::App* command = memory.add_subcommand("read", "Show what is in memory");
    command
        ->add_option(
            "address", options->range,
            "Where, and how many bytes (64): the address is hexadecimal or a symbol of the kernel, the size decimal or 0x...")
        ->required()
        ->type_name("ADDRESS[+SIZE]");
    add_whose(command, options->physical, options->process);
    bool* const hex = &options->hex;
    CLI::Option_group* form = command->add_option_group("How it is shown");
    form->add_flag("--hex", *hex, "Bytes and characters, 16 a line (default)");
    form->add_flag("--disassemble", options->disassemble, "As 64-bit machine code");
    form->add_option("--raw", options->raw, "Write the bytes into this file; - for standard output")->type_name("FILE");
    form->add_flag("--json", options->json, "Print JSON, for programs");
    form->require_option(0, 1);
    command->footer(
        "Only RAM is read: devices are not touched, and Nadir's own memory can't be seen. Bytes that can't be read are\n"
        "shown as --, the reason is printed, and the exit status is 1.");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_memory_read(system, *options, out); };
    });
}

void add_translate(CLI::App& memory, Action& action) {
    auto options = std::make_shared<MemoryTranslateOptions>();
    CLI::App* command =
        memory.add_subcommand("translate", "Show the walks of page tables and EPT to an address, level by level");
    command->add_option("address", options->address, "Hexadecimal, or a symbol of the kernel")
        ->required()
        ->type_name("ADDRESS[+OFFSET]");
    add_whose(command, options->physical, options->process);
    command->add_option("--cpu", options->processor, "Through the EPT of this processor (default: any)")
        ->type_name("N");
    command->add_flag("--json", options->json, "Print JSON, for programs");
    command->footer(
        "Exit status: 0 the address is mapped by the page tables; 1 it isn't, and the walk says where it ends and why.");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) {
            return command_memory_translate(system, *options, out);
        };
    });
}

} // namespace

void add_memory_commands(CLI::App& app, Action& action) {
    CLI::App* memory = app.add_subcommand("memory", "Read the running system's memory, and translate addresses");
    memory->require_subcommand(1);
    add_read(*memory, action);
    add_translate(*memory, action);
}

} // namespace nadir::tool
