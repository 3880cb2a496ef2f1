// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What manual pages and completions are made of: the commands, without the library that parses them.
#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace nadir::tool::pages {

// An option, or, without names, a positional argument.
struct Parameter {
    std::vector<std::string> names;   // "-f", "--follow"
    std::string value;                // what its value is called: "FILE"; empty: it has none
    std::vector<std::string> choices; // the words that are likely there; none: anything
    std::string text;
    bool required = false;
    bool many = false; // positional arguments: it may be given again
};

struct Command {
    std::vector<std::string> path; // {"trace"}; the program itself: {}
    std::string text;
    std::string footer;
    std::vector<Parameter> options;
    std::vector<Parameter> arguments;
    std::vector<Command> commands;
};

[[nodiscard]] Command read_definitions(const CLI::App& app);

// All commands, each before those beneath it; the program itself is the first.
[[nodiscard]] std::vector<const Command*> flattened(const Command& program);

// {"hook", "add"} with '-' between them: "hook-add".
[[nodiscard]] std::string joined(const std::vector<std::string>& words, const std::string& between);

} // namespace nadir::tool::pages
