// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/pages/writers.h"

#include <ranges>

#include <fmt/format.h>

namespace nadir::tool::pages {

namespace {

// Within '...', in a description of _arguments or _describe: brackets and colons end it.
std::string escaped(const std::string& text) {
    std::string made;
    for (const char c : text) {
        if (c == '\'') {
            made += "'\\''";
        } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
            made += std::string("\\") + c;
        } else {
            made += c == '\n' ? ' ' : c;
        }
    }
    return made;
}

std::string action(const Parameter& parameter) {
    if (!parameter.choices.empty()) {
        return "(" + joined(parameter.choices, " ") + ")";
    }
    return parameter.value == "FILE" ? "_files" : " ";
}

std::string option_line(const Parameter& option) {
    std::string made;
    for (const std::string& name : option.names) {
        const std::string value =
            option.value.empty() ? "" : fmt::format(":{}:{}", escaped(option.value), action(option));
        made += fmt::format(" \\\n        '*{}[{}]{}'", name, escaped(option.text), value);
    }
    return made;
}

std::string function_name(const Command& command) {
    return "_nadir" + (command.path.empty() ? "" : "_" + joined(command.path, "_"));
}

std::string function(const Command& command) {
    std::string made = fmt::format("{}() {{\n    local context state line\n    typeset -A opt_args\n    _arguments -C",
                                   function_name(command));
    for (const Parameter& option : command.options) {
        made += option_line(option);
    }
    if (command.commands.empty()) {
        for (const Parameter& argument : command.arguments) {
            made += fmt::format(" \\\n        '{}:{}:{}'", argument.many ? "*" : "", escaped(argument.value),
                                action(argument));
        }
        return made + "\n}\n\n";
    }
    made += " \\\n        '1:command:->command' \\\n        '*::argument:->argument'\n";
    made += "    case $state in\n    command)\n        local -a commands=(\n";
    std::string calls;
    for (const Command& sub : command.commands) {
        made += fmt::format("            '{}:{}'\n", sub.path.back(), escaped(sub.text));
        calls += fmt::format("        {}) {} ;;\n", sub.path.back(), function_name(sub));
    }
    return made +
           fmt::format(
               "        )\n        _describe command commands\n        ;;\n    argument)\n        case $words[1] in\n{}"
               "        esac\n        ;;\n    esac\n}}\n\n",
               calls);
}

} // namespace

std::string zsh_completion(const Command& program) {
    std::string made = "#compdef nadir\n# SPDX-License-Identifier: MIT OR GPL-2.0-only\n"
                       "# Completes `nadir` in zsh. Made from the definitions of the commands.\n\n";
    const std::vector<const Command*> all = flattened(program);
    for (const Command* const each : std::views::reverse(all)) {
        made += function(*each);
    }
    return made + "_nadir \"$@\"\n";
}

} // namespace nadir::tool::pages
