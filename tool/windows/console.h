// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What this program reads and writes: bytes as they are, UTF-8 on a console, and Ctrl-C as a wish.
#pragma once

#include "tool/windows/handle.h"

#include <chrono>

namespace nadir::tool {

class Console {
public:
    Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;
    ~Console();

    // Ends early when a person asks to end.
    void sleep(std::chrono::milliseconds time) const;
    [[nodiscard]] bool interrupted() const;

private:
    UINT code_page_before_;
};

} // namespace nadir::tool
