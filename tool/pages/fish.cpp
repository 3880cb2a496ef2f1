// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/pages/writers.h"

#include <fmt/format.h>

namespace nadir::tool::pages {

namespace {

constexpr std::string_view begin = R"(# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Completes `nadir` in fish. Made from the definitions of the commands.

# Do the words after `nadir` begin with these (and, with --only, are there no others)?
function __nadir_at
    set -l words (commandline -opc)[2..]
    if test "$argv[1]" = --only
        set -e argv[1]
        test (count $words) -eq (count $argv); or return 1
    end
    test (count $words) -ge (count $argv); or return 1
    for i in (seq (count $argv))
        test "$words[$i]" = "$argv[$i]"; or return 1
    end
end

complete -c nadir -f
)";

std::string quoted(const std::string& text) {
    std::string made;
    for (const char c : text) {
        made += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c == '\n' ? ' ' : c);
    }
    return "'" + made + "'";
}

std::string values(const Parameter& parameter) {
    if (!parameter.choices.empty()) {
        return " -a " + quoted(joined(parameter.choices, " "));
    }
    return parameter.value == "FILE" ? " -F" : "";
}

// An option's: without -x, fish proposes files as well.
std::string value(const Parameter& option) { return option.value == "FILE" ? " -r -F" : " -x" + values(option); }

std::string lines(const Command& command) {
    const std::string path = joined(command.path, " ");
    const std::string here = fmt::format("complete -c nadir -n '__nadir_at {}'", path);
    std::string made;
    for (const Parameter& option : command.options) {
        made += command.path.empty() ? "complete -c nadir -n '__nadir_at --only'" : here;
        for (const std::string& name : option.names) {
            made += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
        }
        made += fmt::format("{} -d {}\n", option.value.empty() ? "" : value(option), quoted(option.text));
    }
    for (const Command& sub : command.commands) {
        made += fmt::format("complete -c nadir -n '__nadir_at --only {}' -a {} -d {}\n", path, sub.path.back(),
                            quoted(sub.text));
    }
    for (const Parameter& argument : command.arguments) {
        if (const std::string proposed = values(argument); !proposed.empty()) {
            made += fmt::format("{}{} -d {}\n", here, proposed, quoted(argument.value));
        }
    }
    return made;
}

} // namespace

std::string fish_completion(const Command& program) {
    std::string made(begin);
    for (const Command* command : flattened(program)) {
        made += lines(*command);
    }
    return made;
}

} // namespace nadir::tool::pages
