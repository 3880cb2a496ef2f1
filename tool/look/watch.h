// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Rates again and again: as lines for pipes and files, as a table that stays in its place on a terminal, as JSON.
#pragma once

#include "tool/look/rates.h"

#include <chrono>
#include <optional>
#include <ostream>

namespace nadir::tool {

struct WatchOptions {
    std::chrono::milliseconds interval{1000};
    std::optional<std::uint64_t> count; // ends after so many
    std::optional<nadir_u32> processor;
    bool json = false;
};

// Until a person asks it to end.
void watch(System& system, Device& device, const WatchOptions& options, std::ostream& out);

// Sleeps, but notices soon when a person asks to end. Says whether nobody did.
bool rest(System& system, std::chrono::milliseconds time);

// "12:00:01" here.
std::string clock_words(std::chrono::system_clock::time_point time);

// What a line says: the time, all exits per second, those of each processor, those for each reason, the most frequent first.
std::string line_of(const Rates& rates, std::chrono::system_clock::time_point time);

} // namespace nadir::tool
