// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What `nadir top` knows and what it was told by keys; no terminal is needed for it.
#pragma once

#include "tool/look/rates.h"

#include <deque>
#include <optional>
#include <vector>

namespace nadir::tool {

enum class TopSort { rate, name, number };

class TopModel {
public:
    // `ticks_per_exit`: the least that an exit takes, 0: not known.
    void add(Sample sample, nadir_u64 ticks_per_exit);

    // Whether it goes on.
    bool press(char key);

    [[nodiscard]] bool paused() const { return paused_; }
    [[nodiscard]] bool help() const { return help_; }
    [[nodiscard]] TopSort sort() const { return sort_; }
    [[nodiscard]] std::optional<nadir_u32> processor() const { return processor_; }
    [[nodiscard]] nadir_u64 ticks_per_exit() const { return ticks_per_exit_; }

    // The last sample; there is one.
    [[nodiscard]] const Sample& latest() const { return samples_.back(); }
    // Of the last two samples and the chosen processor, reasons sorted; nothing before there are two.
    [[nodiscard]] std::optional<Rates> rates() const;
    // Exits per second so far, the newest last.
    [[nodiscard]] std::vector<double> history() const;

private:
    void choose_next_processor();

    std::deque<Sample> samples_;
    nadir_u64 ticks_per_exit_ = 0;
    TopSort sort_ = TopSort::rate;
    std::optional<nadir_u32> processor_;
    bool paused_ = false;
    bool help_ = false;
};

} // namespace nadir::tool
