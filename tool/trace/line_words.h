// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What begins the line of an event: when it was, and whose.
#pragma once

#include "tool/trace/seen_event.h"

#include <chrono>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <string>

namespace nadir::tool {

inline std::string time_of(std::chrono::system_clock::time_point time) {
    const auto whole = std::chrono::floor<std::chrono::microseconds>(time);
    const auto microseconds = whole.time_since_epoch().count() % 1'000'000;
    return fmt::format("{:%H:%M:%S}.{:06}", fmt::localtime(std::chrono::system_clock::to_time_t(whole)), microseconds);
}

// "bash/1234", "[kworker/0:1]/17"
inline std::string process_words(const SeenEvent& one) {
    if (!has_process(one)) {
        return "-";
    }
    const bool of_kernel = (one.process.flags & NADIR_PROCESS_OF_KERNEL) != 0;
    return fmt::format("{}{}{}/{}", of_kernel ? "[" : "", process_name(one), of_kernel ? "]" : "", one.process.thread);
}

} // namespace nadir::tool
