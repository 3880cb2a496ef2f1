// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/look/top_model.h"

#include <algorithm>

namespace nadir::tool {

namespace {

constexpr std::size_t kept = 120; // as wide as a wide terminal's row of past rates
constexpr char escape = 27;

bool exists(const Sample& sample, nadir_u32 number) {
    return std::ranges::find(sample.processors, number, &nadir_statistics::processor) != sample.processors.end();
}

} // namespace

void TopModel::add(Sample sample, nadir_u64 ticks_per_exit) {
    if (paused_) {
        return; // the next rates are then of the whole pause
    }
    ticks_per_exit_ = ticks_per_exit;
    samples_.push_back(std::move(sample));
    if (samples_.size() > kept) {
        samples_.pop_front();
    }
    if (processor_ && !exists(samples_.back(), *processor_)) {
        processor_.reset();
    }
}

void TopModel::choose_next_processor() {
    if (samples_.empty()) {
        return;
    }
    for (const nadir_statistics& one : samples_.back().processors) {
        if (!processor_ || one.processor > *processor_) {
            processor_ = one.processor;
            return;
        }
    }
    processor_.reset(); // all, behind the last
}

bool TopModel::press(char key) {
    if (help_ && key != 'q') {
        help_ = false; // whichever key it was
        return true;
    }
    switch (key) {
    case 'q':
    case escape: return false;
    case 's': sort_ = static_cast<TopSort>((static_cast<int>(sort_) + 1) % 3); break;
    case ' ':
    case 'p': paused_ = !paused_; break;
    case 'c': choose_next_processor(); break;
    case 'a': processor_.reset(); break;
    case 'h':
    case '?': help_ = true; break;
    default:
        if (key >= '0' && key <= '9' && !samples_.empty() && exists(latest(), static_cast<nadir_u32>(key - '0'))) {
            processor_ = static_cast<nadir_u32>(key - '0');
        }
        break;
    }
    return true;
}

std::optional<Rates> TopModel::rates() const {
    if (samples_.size() < 2) {
        return std::nullopt;
    }
    std::optional<Rates> rates = rates_between(samples_[samples_.size() - 2], samples_.back(), processor_);
    if (rates && sort_ == TopSort::rate) {
        std::ranges::stable_sort(rates->reasons, std::ranges::greater{}, &ReasonRate::all);
    } else if (rates && sort_ == TopSort::name) {
        std::ranges::stable_sort(rates->reasons, {}, [](const ReasonRate& one) { return reason_name(one.reason); });
    }
    return rates;
}

std::vector<double> TopModel::history() const {
    std::vector<double> all;
    for (std::size_t i = 1; i < samples_.size(); ++i) {
        const auto rates = rates_between(samples_[i - 1], samples_[i], processor_);
        all.push_back(rates ? rates->exits : 0);
    }
    return all;
}

} // namespace nadir::tool
