// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/pages/writers.h"

#include <fmt/format.h>

namespace nadir::tool::pages {

namespace {

constexpr std::string_view begin = R"(# SPDX-License-Identifier: MIT OR GPL-2.0-only
# Completes `nadir` in bash. Made from the definitions of the commands.
_nadir() {
    local current=${COMP_WORDS[COMP_CWORD]} path= value= words= word i
    COMPREPLY=()
    # Which command is it, and is the last word an option that wants a value?
    for ((i = 1; i < COMP_CWORD; ++i)); do
        word=${COMP_WORDS[i]}
        [[ $word == '=' ]] && continue # "--level=debug" comes as three words
        if [[ -n $value ]]; then
            value=
            continue
        fi
        case "$path $word" in
)";

// {}: the commands, the options and the arguments of each path.
constexpr std::string_view end = R"(        esac
    done
    [[ $current == '=' ]] && current=
    case $value in
    file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    anything) return ;;
    ?*)
        mapfile -t COMPREPLY < <(compgen -W "$value" -- "$current")
        return
        ;;
    esac
    case $path in
{}    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}}
complete -F _nadir nadir
)";

std::string kind(const Parameter& parameter) {
    if (!parameter.choices.empty()) {
        return joined(parameter.choices, " ");
    }
    return parameter.value == "FILE" ? "file" : "anything";
}

std::string path_of(const Command& command) {
    std::string path;
    for (const std::string& word : command.path) {
        path += "/" + word;
    }
    return path;
}

std::string transitions(const Command& command) {
    std::string made;
    for (const Command& sub : command.commands) {
        made += fmt::format("        '{} {}') path={} ;;\n", path_of(command), sub.path.back(), path_of(sub));
    }
    for (const Parameter& option : command.options) {
        for (const std::string& name : option.names) {
            if (!option.value.empty()) {
                made += fmt::format("        '{} {}') value='{}' ;;\n", path_of(command), name, kind(option));
            }
        }
    }
    return made;
}

std::string proposals(const Command& command) {
    std::vector<std::string> options;
    std::vector<std::string> words;
    bool files = false;
    for (const Parameter& option : command.options) {
        options.insert(options.end(), option.names.begin(), option.names.end());
    }
    words.reserve(words.size() + command.commands.size());
    for (const Command& sub : command.commands) {
        words.push_back(sub.path.back());
    }
    for (const Parameter& argument : command.arguments) {
        words.insert(words.end(), argument.choices.begin(), argument.choices.end());
        files = files || argument.value == "FILE";
    }
    std::string made =
        fmt::format("    '{}')\n        words='{}'\n        if [[ $current == -* ]]; then\n            words='{}'\n",
                    path_of(command), joined(words, " "), joined(options, " "));
    if (files) {
        made +=
            "        else\n            compopt -o filenames\n            mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
            "            return\n";
    }
    return made + "        fi\n        ;;\n";
}

} // namespace

std::string bash_completion(const Command& program) {
    std::string made(begin);
    std::string all;
    for (const Command* command : flattened(program)) {
        made += transitions(*command);
        all += proposals(*command);
    }
    return made + fmt::format(end, all);
}

} // namespace nadir::tool::pages
