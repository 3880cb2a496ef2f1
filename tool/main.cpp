// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/commands.h"

#include <iostream>

int main(int argc, char** argv) {
    return nadir::tool::run(*nadir::tool::make_system(), argc, argv, std::cout, std::cerr);
}
