// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command `nadir` on a machine that isn't there, but on a terminal that is: two processors (or NADIR_FAKED_PROCESSORS) whose
// counters go on with the time. For the tests of what is drawn.
#include "tests/tool/fake_system.h"
#include "tool/commands.h"
#include "tool/linux/screen.h"

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <unistd.h>

namespace {

volatile std::sig_atomic_t stop_requested = 0;

void request_stop(int) { stop_requested = 1; }

constexpr struct {
    unsigned reason;
    nadir_u64 per_second; // of each processor, times its number + 1
} rates[] = {{1, 30}, {10, 6000}, {18, 40}, {28, 250}, {30, 90}, {31, 800}, {32, 1200}, {48, 12}};

class FakedSystem final : public nadir::test::FakeSystem {
public:
    FakedSystem() {
        const char* given = std::getenv("NADIR_FAKED_PROCESSORS");
        const auto count = static_cast<nadir_u32>(given != nullptr ? std::strtoul(given, nullptr, 10) : 2);
        nadir.state.processors = count;
        nadir.state.processors_on = count;
        nadir.statistics.clear();
        for (nadir_u32 number = 0; number < count; ++number) {
            nadir.statistics[number].processor = number;
            nadir.statistics[number].state = NADIR_PROCESSOR_ON;
        }
        nadir.rules = {{1, 0, 0, {NADIR_RULE_CPUID, 1, 0, 1, NADIR_CPUID_ECX, 0, ~nadir_u64{1}, 0}}};
        // As the system of the command does.
        struct sigaction action {};
        action.sa_handler = request_stop;
        sigaction(SIGINT, &action, nullptr);
        sigaction(SIGTERM, &action, nullptr);
    }
    FakedSystem(const FakedSystem&) = delete;
    FakedSystem& operator=(const FakedSystem&) = delete;
    ~FakedSystem() override {
        if (std::getenv("NADIR_FAKED_TALLY") != nullptr) {
            std::cerr << "the clock was read " << readings_ << " times\n";
        }
    }

    // Whoever looks at the clock has looked at the counters, or is about to.
    nadir::tool::ClockReading read_clocks() override {
        ++readings_;
        const auto now = std::chrono::steady_clock::now();
        const double seconds = std::chrono::duration<double>(now - begin_).count();
        for (auto& [number, one] : nadir.statistics) {
            one.exits_total = 0;
            for (const auto& rate : rates) {
                one.exits[rate.reason] =
                    static_cast<nadir_u64>(seconds * static_cast<double>(rate.per_second * (number + 1)));
                one.exits_total += one.exits[rate.reason];
            }
        }
        nadir.rules[0].answered = static_cast<nadir_u64>(seconds * 120);
        return {static_cast<std::uint64_t>(seconds * 1e9), std::chrono::system_clock::now(), now};
    }

    bool interrupted() override { return stop_requested != 0; }
    void sleep(std::chrono::milliseconds time) override { usleep(static_cast<useconds_t>(time.count() * 1000)); }
    std::unique_ptr<nadir::tool::Screen> open_screen() override { return nadir::tool::open_linux_screen(); }
    std::optional<nadir::tool::TerminalSize> terminal() override { return nadir::tool::linux_terminal(); }

private:
    unsigned readings_ = 0;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace

int main(int argc, char** argv) {
    FakedSystem system;
    return nadir::tool::run(system, argc, argv, std::cout, std::cerr);
}
