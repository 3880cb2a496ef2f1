// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"

#include <iostream>

int main(int argc, char** argv) {
    const auto system = nadir::tool::make_system();
    const std::vector<std::string> words = nadir::tool::command_line(argc, argv);
    std::vector<const char*> pointers;
    pointers.reserve(words.size());
    for (const std::string& word : words) {
        pointers.push_back(word.c_str());
    }
    return nadir::tool::run(*system, static_cast<int>(pointers.size()), pointers.data(), std::cout, std::cerr);
}
