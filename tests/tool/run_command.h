// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Runs a command line of the tool on a machine that isn't there.
#pragma once

#include "tests/tool/fake_system.h"
#include "tool/commands.h"

#include <sstream>
#include <string>
#include <vector>

namespace nadir::test {

struct Answer {
    int status = 0;
    std::string out;
    std::string err;
};

inline Answer command(std::vector<const char*> words) {
    words.insert(words.begin(), "nadir");
    FakeSystem system;
    system.loaded = false;
    std::ostringstream out;
    std::ostringstream err;
    const int status = tool::run(system, static_cast<int>(words.size()), words.data(), out, err);
    return {status, out.str(), err.str()};
}

} // namespace nadir::test
