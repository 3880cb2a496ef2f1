// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command line: what there is to say, and what to answer when it is wrong.
#include "tool/command_line.h"

#include "tool/commands.h"
#include "tool/definitions/kinds.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/dump_command_line.h"
#include "tool/file_option.h"
#include "tool/hook_command_line.h"
#include "tool/memory_command_line.h"
#include "tool/look_command_line.h"
#include "tool/print_to.h"
#include "tool/trace/event_words.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <functional>
#include <map>
#include <memory>

namespace nadir::tool {

namespace {

const std::map<std::string, nadir_level> levels = {
    {"error", NADIR_LEVEL_ERROR},
    {"warning", NADIR_LEVEL_WARNING},
    {"info", NADIR_LEVEL_INFO},
    {"debug", NADIR_LEVEL_DEBUG},
};

// {}: what carries Nadir.
constexpr const char* footer = R"(Exit status:
  0  it worked; for `caps`: Nadir can run here; for `explain`: no rule is violated; for `diff`: no difference
  1  the machine, the system or the core said no; the reason was printed; for `explain`: a rule is violated; for
     `diff`: the dumps differ; for `list`: nothing was found
  2  the command line (or a file given, or a line of it) is wrong; `explain` and `diff` print what could be read
  3  Nadir's {0} is not loaded
  4  only administrators may do this
  5  the command and the {0} are of different versions
  6  already on, or already off
  7  for `caps`: nothing speaks against Nadir, but not everything could be seen; for `explain`: nothing is violated,
     but not everything could be checked)";

// Commands without a footer of their own inherit the one above; the others say where it stands.
void add_exit_statuses(CLI::App& app) {
    for (CLI::App* command : app.get_subcommands({})) {
        const std::string own = command->get_footer();
        if (!command->get_name().empty() && own.find("xit status") == std::string::npos) {
            command->footer(own + (own.find('\n') == std::string::npos ? " " : "\n\n") +
                            "Exit status: 0 it worked; `nadir --help` has the others.");
        }
        add_exit_statuses(*command);
    }
}

CLI::Option* add_json(CLI::App* command, bool& json) {
    return command->add_flag("--json", json, "Print JSON, for programs");
}

CLI::Option* add_level(CLI::App* command, const std::string& name, nadir_level& level, const std::string& what) {
    return command
        ->add_option_function<std::string>(
            name, [&level](const std::string& word) { level = levels.at(word); }, what)
        ->check(CLI::IsMember(levels))
        ->type_name("LEVEL");
}

void add_hook_pages(CLI::App* command, std::optional<nadir_u32>& pages, const std::string& what) {
    command->add_option("--hook-pages", pages, what + " (default: 64 where hooks can be set)")
        ->check(CLI::Range(0, 512))
        ->type_name("N");
}

void add_on(CLI::App& app, Action& action) {
    auto options = std::make_shared<OnOptions>();
    CLI::App* command = app.add_subcommand("on", "Put every processor under Nadir");
    add_level(command, "--log-level", options->log_level, "What is recorded: error, warning, info (default) or debug");
    command->add_flag_callback(
        "--com1", [options] { options->com1 = 0x3F8; },
        "Let a fault in root mode report to the serial port COM1 (3F8H), too");
    command->add_flag("--record-every-exit", options->record_every_exit,
                      "Let the flight recorder see every CPUID, too; each of them costs more");
    add_hook_pages(command, options->hook_pages, "4-KiB pages to keep for `nadir hook`; 0: no hooks this time");
    command->add_option("--fail-step", options->fail_step, "For tests: let this step of the start fail")
        ->check(CLI::Range(1, NADIR_STEP_COUNT - 1))
        ->group("");
    command->add_option("--fail-processor", options->fail_processor, "For tests: on this processor only")->group("");
    command
        ->add_option(
            "--fail-field", options->fail_field,
            "For tests, and to learn: let this VMCS field (its encoding) have the value of --fail-value at the "
            "VM entry, to see it refused and explained")
        ->group("");
    command->add_option("--fail-value", options->fail_value, "The value for --fail-field")->group("");
    add_json(command, options->json);
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_on(system, *options, out); };
    });
}

void add_gdb(CLI::App& app, Action& action) {
    auto options = std::make_shared<GdbOptions>();
    CLI::App* command =
        app.add_subcommand("gdb", "Turn Nadir on with a debugger beneath the system, for GDB at a serial port");
    command->add_option("--port", options->port, "com1 to com4, or the UART's I/O port, as 0x2f8 (default: com2)")
        ->type_name("PORT");
    add_hook_pages(command, options->hook_pages, "4-KiB pages to keep for hidden breakpoints");
    command->add_flag("--force", options->force, "Also at a port that the system uses, or where no UART answers");
    add_json(command, options->json);
    command->footer("docs/debugging.md tells how GDB attaches, and what it can do then.");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_gdb(system, *options, out); };
    });
}

void add_off(CLI::App& app, Action& action) {
    auto options = std::make_shared<OffOptions>();
    CLI::App* command = app.add_subcommand("off", "Hand every processor back");
    add_json(command, options->json);
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_off(system, *options, out); };
    });
}

void add_status(CLI::App& app, Action& action) {
    auto options = std::make_shared<StatusOptions>();
    CLI::App* command = app.add_subcommand("status", "Is Nadir on, where, and with how much memory?");
    add_json(command, options->json);
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_status(system, *options, out); };
    });
}

void add_log(CLI::App& app, Action& action) {
    auto options = std::make_shared<LogOptions>();
    CLI::App* command = app.add_subcommand("log", "Print Nadir's log");
    command->add_flag("-f,--follow", options->follow, "Go on printing what comes, until Ctrl-C");
    add_level(command, "--level", options->level,
              "Only records at least this important: error, warning, info or debug (default)");
    command->add_option("--cpu", options->processor, "Only this processor")->type_name("N");
    command->add_flag("--ticks", options->ticks, "Print time-stamp counter ticks in place of the time of day");
    command->add_flag("--json", options->json, "Print one JSON object per line, for programs");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_log(system, *options, out); };
    });
}

void add_recorder(CLI::App& app, Action& action, const SystemWords& words) {
    auto options = std::make_shared<RecorderOptions>();
    CLI::App* command = app.add_subcommand("recorder", "Print the last VM exits of each processor");
    command->add_option("--processor,--cpu", options->processor, "Only this processor")->type_name("N");
    command->add_option("--last", options->last, "Only so many of each processor, the newest")
        ->check(CLI::Range(1, 1'000'000))
        ->type_name("N");
    command
        ->add_option(
            "--image", options->image,
            fmt::format(
                "Find them in this image of the machine's physical memory, raw or an ELF core file; needs no {}",
                words.host))
        ->type_name("FILE");
    add_json(command, options->json);
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_recorder(system, *options, out); };
    });
}

void add_extensions(CLI::App& app, Action& action) {
    auto options = std::make_shared<ExtensionsOptions>();
    CLI::App* command =
        app.add_subcommand("extensions", "List the extensions that are compiled in, and what they counted");
    add_json(command, options->json);
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_extensions(system, *options, out); };
    });
}

void add_set(CLI::App& app, Action& action) {
    auto options = std::make_shared<SetOptions>();
    CLI::App* command =
        app.add_subcommand("set", "Let the system see another CPUID or MSR than the processor has, refuse writes of an "
                                  "MSR or to memory, pin bits of CR0 and CR4; without words: the rules that there are");
    command->add_option("words", options->words, "A rule, or: remove NUMBER..., clear, list")->type_name("RULE");
    add_json(command, options->json);
    command->footer(R"(Rules:
  cpuid LEAF[.SUBLEAF] REG=VALUE        EAX, EBX, ECX or EDX of CPUID's answer, for this leaf
  cpuid LEAF[.SUBLEAF] 'REG&=VALUE'     only these bits of it are left
  cpuid LEAF[.SUBLEAF] 'REG|=VALUE'     these bits of it are set
  msr NAME|NUMBER read=VALUE            RDMSR gives this value
  msr NAME|NUMBER write=refuse|ignore   WRMSR raises #GP, or does nothing
  cr0|cr4 pin BIT... [=fault]           a bit that is set stays set (WP; UMIP, SMEP, SMAP, TSD);
                                        =fault: clearing it raises #GP, otherwise it only seems to work
  protect ADDRESS[-LAST|+SIZE] [ignore|refuse]
                                        writes to this physical memory don't happen; refuse: they raise #GP
LEAF and SUBLEAF are hexadecimal, as in `nadir decode cpuid.7.0.ebx`. Rules are of the whole system and of all its processors, and stay
until they are removed or Nadir is turned off. docs/reactions.md has what is exact.)");
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_set(system, *options, out); };
    });
}

void add_trace_choices(CLI::App* command, TraceOptions& options) {
    std::string events;
    for (const std::string_view name : event_names) {
        events += (events.empty() ? "" : ", ") + std::string(name);
    }
    command->add_option("event", options.wishes.events, events + "; any of them")->required()->type_name("EVENT");
    for (const RangeOption& range : range_options) {
        const bool named = range.what == NADIR_RANGE_MSR;
        command
            ->add_option(std::string(range.option), options.wishes.ranges[range.what],
                         fmt::format("Of {} only these {}: {} or FIRST-LAST; may be given again (default: all)",
                                     range.events, range.things, named ? "a name, a number" : "a number"))
            ->allow_extra_args(false)
            ->type_name(named ? "MSR" : "N");
    }
    for (std::size_t i = 0; i < std::size(memory_options); ++i) {
        const MemoryOption& option = memory_options[i];
        command
            ->add_option(std::string(option.option), options.wishes.memory[i],
                         fmt::format("Of memory {} these physical addresses; may be given again", option.what))
            ->allow_extra_args(false)
            ->type_name("ADDRESS[-LAST|+SIZE]");
    }
    command
        ->add_option("--where", options.where,
                     "Only events of which this is true, as 'msr == efer and value & 1' or 'process != \"bash\"'")
        ->type_name("FILTER");
    command->add_option("--cpu", options.processor, "Only this processor")->type_name("N");
    command->add_option("--count", options.count, "End after so many events")
        ->check(CLI::Range(1, 1'000'000'000))
        ->type_name("N");
}

void add_trace(CLI::App& app, Action& action) {
    auto options = std::make_shared<TraceOptions>();
    CLI::App* command = app.add_subcommand("trace", "Show events of the running system as they happen, until Ctrl-C");
    add_trace_choices(command, *options);
    command->add_flag("--registers", options->wishes.registers, "With each event the general registers before it");
    CLI::Option* perfetto = command
                                ->add_option("--perfetto", options->perfetto,
                                             "Write a trace for ui.perfetto.dev or chrome://tracing into this file")
                                ->type_name("FILE");
    command->add_flag("--json", options->json, "Print one JSON object per line, for programs")->excludes(perfetto);
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_trace(system, *options, out); };
    });
}

void add_caps(CLI::App& app, Action& action, const SystemWords& words) {
    auto options = std::make_shared<CapsOptions>();
    CLI::App* command =
        app.add_subcommand("caps", fmt::format("Can Nadir run here, and if not, why not? Needs no {}", words.host));
    command->add_option("--from", options->from, "Judge the machine that this file of `nadir caps --json` describes")
        ->check(existing_file())
        ->type_name("FILE");
    add_json(command, options->json);
    command->footer(std::string(words.see_all));
    command->callback([options, &action] {
        action = [options](System& system, std::ostream& out) { return command_caps(system, *options, out); };
    });
}

void add_decode(CLI::App& app, Action& action, const SystemWords& words) {
    auto options = std::make_shared<DecodeOptions>();
    CLI::App* command =
        app.add_subcommand("decode", fmt::format("What do the bits of a register say? Needs no {}", words.host));
    command
        ->add_option("register", options->name,
                     "Its name (cr4, MSR_EFER, GUEST_CS_AR_BYTES, cpuid.7.0.ebx, "
                     "exit_qualification.ept) or number (0xC0000080, msr:0x10)")
        ->required()
        ->type_name("REGISTER");
    command->add_option("value", options->values, "Its value; four for a CPUID leaf; none: show the layout")
        ->type_name("VALUE");
    CLI::Option* hexadecimal =
        command->add_flag("--hex", options->hexadecimal, "Values are hexadecimal without saying so");
    command->add_flag("--dec", options->decimal, "Values of digits only are decimal")->excludes(hexadecimal);
    command->add_flag("--all", options->all, "Show flags that are 0, too");
    add_json(command, options->json);
    command->footer(
        "Digits only are read as hexadecimal where a 0 leads or there are 8 or 16 of them, else as decimal.");
    command->callback([options, &action] {
        action = [options](System&, std::ostream& out) { return command_decode(*options, out); };
    });
}

void add_list(CLI::App& app, Action& action, const SystemWords& words) {
    auto options = std::make_shared<ListOptions>();
    CLI::App* command =
        app.add_subcommand("list", fmt::format("Find registers and their fields by words. Needs no {}", words.host));
    command->add_option("words", options->words, "All of them must be in a name, number, description or field's name")
        ->type_name("WORD");
    command->add_option("--kind", options->kind, "Only these: " + kind_tokens())->type_name("KIND");
    add_json(command, options->json);
    command->callback(
        [options, &action] { action = [options](System&, std::ostream& out) { return command_list(*options, out); }; });
}

// There may be no command where one is expected: what was meant?
bool refuse_unknown_command(const CLI::App& app, int argc, const char* const* argv, std::ostream& err) {
    const std::string_view word = argc > 1 ? argv[1] : "-";
    std::vector<Candidate> commands;
    std::string all;
    for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
        commands.push_back({command->get_name(), command->get_name()});
        all += (all.empty() ? "" : ", ") + command->get_name();
        if (command->get_name() == word) {
            return false;
        }
    }
    if (word.starts_with('-')) {
        return false;
    }
    print_to(err, "nadir: there is no command \"{}\"\n", word);
    if (const std::string near = did_you_mean(nearest(squash(word), commands)); !near.empty()) {
        print_to(err, "{}\n", near);
    }
    print_to(err, "The commands are {}. `nadir --help` says what they do.\n", all);
    return true;
}

} // namespace

void define_commands(CLI::App& app, Action& action, const SystemWords& words) {
    app.name("nadir");
    app.description("Nadir, an Intel VT-x hypervisor beneath a running system");
    app.allow_windows_style_options(false); // /x is a path everywhere
    app.set_version_flag("--version",
                         fmt::format("nadir {} (control version {})", NADIR_VERSION, NADIR_CONTROL_VERSION));
    app.require_subcommand(1);
    app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
        return "nadir: " + CLI::FailureMessage::simple(failed, error); // as all our errors begin
    });
    app.footer(fmt::format(footer, words.host));
    add_on(app, action);
    add_gdb(app, action);
    add_off(app, action);
    add_status(app, action);
    add_look_commands(app, action);
    add_log(app, action);
    add_recorder(app, action, words);
    add_trace(app, action);
    add_set(app, action);
    add_hook_commands(app, action);
    add_extensions(app, action);
    add_memory_commands(app, action);
    add_caps(app, action, words);
    add_decode(app, action, words);
    add_list(app, action, words);
    add_dump_commands(app, action, words);
    add_exit_statuses(app);
}

int run(System& system, int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
    CLI::App app;
    Action action;
    define_commands(app, action, system.words());
    if (refuse_unknown_command(app, argc, argv, err)) {
        return static_cast<int>(ExitStatus::usage);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // --help and --version arrive here as well, with exit code 0.
        return app.exit(error, out, err) == 0 ? static_cast<int>(ExitStatus::success)
                                              : static_cast<int>(ExitStatus::usage);
    }
    try {
        const ExitStatus status = action(system, out);
        out << std::flush;
        return static_cast<int>(out.good() ? status : ExitStatus::failed);
    } catch (const Failure& failure) {
        out << std::flush;
        print_to(err, "nadir: {}\n", failure.what());
        if (!failure.advice().empty()) {
            print_to(err, "{}\n", failure.advice());
        }
        return static_cast<int>(failure.status());
    } catch (const std::exception& error) {
        print_to(err, "nadir: {}\n", error.what());
        return static_cast<int>(ExitStatus::failed);
    }
}

} // namespace nadir::tool
