// SPDX-License-Identifier: MIT OR GPL-2.0-only
// From the time-stamp counter to the time of day. The rate is measured, since no interface tells it reliably.
#pragma once

#include "tool/system.h"

#include <chrono>
#include <cstdint>

namespace nadir::tool {

class Clock {
public:
    explicit Clock(System& system) : now_(system.read_clocks()) {
        const ClockReading before = now_;
        system.sleep(std::chrono::milliseconds(10));
        now_ = system.read_clocks();
        const std::chrono::duration<double> passed = now_.time - before.time;
        if (passed.count() > 0 && now_.ticks > before.ticks) {
            seconds_per_tick_ = passed.count() / static_cast<double>(now_.ticks - before.ticks);
        }
    }

    std::chrono::system_clock::time_point at(std::uint64_t ticks) const {
        const double difference =
            ticks <= now_.ticks ? -static_cast<double>(now_.ticks - ticks) : static_cast<double>(ticks - now_.ticks);
        return now_.time + std::chrono::duration_cast<std::chrono::system_clock::duration>(
                               std::chrono::duration<double>(difference * seconds_per_tick_));
    }

    // When this clock was made.
    std::chrono::system_clock::time_point made() const { return now_.time; }

private:
    ClockReading now_;
    double seconds_per_tick_ = 0;
};

} // namespace nadir::tool
