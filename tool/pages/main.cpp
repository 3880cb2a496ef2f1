// SPDX-License-Identifier: MIT OR GPL-2.0-only
// nadir_pages FOLDER YYYY-MM-DD: writes the manual pages and the completions of shells into the folder. Part of the build, so
// that they say what the command does.
#include "tool/command_line.h"
#include "tool/pages/definition.h"
#include "tool/pages/writers.h"

#include <CLI/CLI.hpp>
#include <array>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace {

namespace pages = nadir::tool::pages;

constexpr std::array months = {"January", "February", "March",     "April",   "May",      "June",
                               "July",    "August",   "September", "October", "November", "December"};

unsigned number_of(std::string_view digits) {
    unsigned number = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return number;
}

// "2026-11-28" as manual pages have it.
std::string date_in_words(std::string_view date) {
    const unsigned month = date.size() == 10 ? number_of(date.substr(5, 2)) : 0;
    if (month < 1 || month > months.size()) {
        throw std::runtime_error(fmt::format("\"{}\" is no date as 2026-11-28 is one", date));
    }
    return fmt::format("{} {}, {}", months.at(month - 1), number_of(date.substr(8, 2)), date.substr(0, 4));
}

void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text << std::flush;
    if (!file.good()) {
        throw std::runtime_error(fmt::format("{} can't be written", path.string()));
    }
}

void write_all(const std::filesystem::path& folder, const std::string& date) {
    CLI::App app;
    nadir::tool::Action action;
    const auto system = nadir::tool::make_system();
    nadir::tool::define_commands(app, action, system->words());
    const pages::Command program = pages::read_definitions(app);
    write(folder / "man" / "nadir.1", pages::man_page(program, program, date));
    for (const pages::Command& command : program.commands) {
        write(folder / "man" / (pages::page_name(command) + ".1"), pages::man_page(program, command, date));
    }
    write(folder / "bash" / "nadir", pages::bash_completion(program));
    write(folder / "zsh" / "_nadir", pages::zsh_completion(program));
    write(folder / "fish" / "nadir.fish", pages::fish_completion(program));
}

} // namespace

int main(int argc, char** argv) {
    try {
        if (argc != 3) {
            throw std::runtime_error("it takes a folder and a date");
        }
        write_all(argv[1], date_in_words(argv[2]));
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "nadir_pages: " << error.what() << "\n";
        return 1;
    }
}
