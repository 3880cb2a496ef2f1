// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/pages/definition.h"

#include "tool/trace/event_words.h"

#include <CLI/CLI.hpp>
#include <sstream>

namespace nadir::tool::pages {

namespace {

std::vector<std::string> split(const std::string& text, char between) {
    std::vector<std::string> words;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, between);) {
        words.push_back(word);
    }
    return words;
}

// Of arguments that are checked later, by words of their own, the parser doesn't know what there is to choose.
std::vector<std::string> known_words(const std::string& value) {
    if (value == "EVENT") {
        return {std::begin(event_names), std::end(event_names)};
    }
    if (value == "RULE") {
        return {"cpuid", "msr", "cr0", "cr4", "remove", "clear", "list"};
    }
    return {};
}

// The parser's "LEVEL:{debug,error}": a name, and, after a colon, what its checks say of themselves.
void take_type(const std::string& type, Parameter& parameter) {
    parameter.value = type.substr(0, type.find(':'));
    const std::size_t begin = type.find('{');
    const std::size_t end = type.find('}');
    if (begin < end && end != std::string::npos) {
        parameter.choices = split(type.substr(begin + 1, end - begin - 1), ',');
    } else {
        parameter.choices = known_words(parameter.value);
    }
}

Parameter read_option(const CLI::Option& option) {
    Parameter parameter;
    for (const std::string& name : option.get_snames()) {
        parameter.names.push_back("-" + name);
    }
    for (const std::string& name : option.get_lnames()) {
        parameter.names.push_back("--" + name);
    }
    parameter.text = option.get_description();
    parameter.required = option.get_required();
    if (option.get_items_expected_max() > 0) { // a flag has no value
        take_type(option.get_type_name(), parameter);
        parameter.many = option.get_items_expected_max() > 1;
    }
    return parameter;
}

void read_options(const CLI::App& app, Command& command) {
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) {
            continue; // hidden: for tests
        }
        (option->nonpositional() ? command.options : command.arguments).push_back(read_option(*option));
    }
}

Command read_command(const CLI::App& app, const std::vector<std::string>& path) {
    Command command{path, app.get_description(), app.get_footer(), {}, {}, {}};
    read_options(app, command);
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App* each) { return !each->get_group().empty(); })) {
        if (sub->get_name().empty()) { // a group of options, which CLI11 keeps as a command without a name
            read_options(*sub, command);
            continue;
        }
        std::vector<std::string> longer = path;
        longer.push_back(sub->get_name());
        command.commands.push_back(read_command(*sub, longer));
    }
    return command;
}

void flatten(const Command& command, std::vector<const Command*>& all) {
    all.push_back(&command);
    for (const Command& sub : command.commands) {
        flatten(sub, all);
    }
}

} // namespace

Command read_definitions(const CLI::App& app) { return read_command(app, {}); }

std::vector<const Command*> flattened(const Command& program) {
    std::vector<const Command*> all;
    flatten(program, all);
    return all;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : between) + word;
    }
    return text;
}

} // namespace nadir::tool::pages
