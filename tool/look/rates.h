// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From two samples to what happened per second between them. No terminal is needed for that, nor for its tests.
#pragma once

#include "tool/look/sample.h"

#include <optional>
#include <string>
#include <vector>

namespace nadir::tool {

struct ProcessorRate {
    nadir_u32 number = 0;
    nadir_u32 state = 0;    // enum nadir_processor_state
    double exits = 0;       // per second
    nadir_u64 log_lost = 0; // between the two samples
};

struct ReasonRate {
    unsigned reason = 0;
    double all = 0;
    std::vector<double> each; // in the order of Rates::processors
};

struct RuleRate {
    nadir_u32 number = 0;
    std::string rule;
    double answers = 0; // per second
    nadir_u64 answered = 0;
};

struct HookRate {
    nadir_listed_hook hook{};
    std::string place; // its name; empty: not known
    std::string target;
    double hits = 0; // per second
};

struct Rates {
    double seconds = 0;
    double ticks_per_second = 0; // of the time-stamp counter
    bool active = false;
    double exits = 0;
    nadir_u64 log_lost = 0;
    std::vector<ProcessorRate> processors;
    std::vector<ReasonRate> reasons; // those that came, in the order of their numbers
    std::vector<RuleRate> rules;
    std::vector<HookRate> hooks;
};

// Nothing where no time has passed. With `only`, of this processor. A counter that is lower than it was has begun anew: Nadir was
// turned off and on.
std::optional<Rates> rates_between(const Sample& before, const Sample& after, std::optional<nadir_u32> only = {});

// The share of all processors' time that exits take at least, where one takes `ticks_per_exit`.
double least_share(const Rates& rates, nadir_u64 ticks_per_exit);

// "CPUID"
std::string reason_name(unsigned reason);

// "vfs_read+0x10", "vfs_write -> other"
std::string words_of_hook(const HookRate& hook);

// "0.4", "12", "12,345"
std::string rate_words(double rate);

} // namespace nadir::tool
