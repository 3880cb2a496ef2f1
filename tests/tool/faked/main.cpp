// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The command `nadir` on a machine that isn't there, but on a terminal that is: two processors (or NADIR_FAKED_PROCESSORS) whose
// counters go on with the time, now faster, now slower, and that have events. For the tests of what is drawn.
#include "tests/tool/fake_system.h"
#include "tool/commands.h"
#include "tool/linux/screen.h"

#include <cmath>
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

constexpr nadir_u64 vfs_read = 0xffff'ffff'8120'0000;

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
        symbols = {"ffffffff81200000 T vfs_read\nffffffff81200300 T vfs_write\n", "a test"};
        nadir.hooks = {{{vfs_read, 0, NADIR_HOOK_BREAKPOINT, 0}, 0x120'0000, 0, 0, 0, NADIR_HOOK_STAYS},
                       {{vfs_read + 0x310, vfs_read, NADIR_HOOK_REDIRECT, 0}, 0x120'0310, 0, 0, 1, 0}};
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
            add_events(number, seconds);
            one.exits_total = 0;
            for (const auto& rate : rates) {
                one.exits[rate.reason] = static_cast<nadir_u64>(counted(seconds, rate.reason) *
                                                                static_cast<double>(rate.per_second * (number + 1)));
                one.exits_total += one.exits[rate.reason];
            }
        }
        nadir.rules[0].answered = static_cast<nadir_u64>(seconds * 120);
        nadir.hooks[0].hits = static_cast<nadir_u64>(seconds * 340);
        return {static_cast<std::uint64_t>(seconds * 1e9), std::chrono::system_clock::now(), now};
    }

    bool interrupted() override { return stop_requested != 0; }
    void sleep(std::chrono::milliseconds time) override { usleep(static_cast<useconds_t>(time.count() * 1000)); }
    std::unique_ptr<nadir::tool::Screen> open_screen() override { return nadir::tool::open_linux_screen(); }
    std::optional<nadir::tool::TerminalSize> terminal() override { return nadir::tool::linux_terminal(); }

private:
    // Never less than before.
    static double counted(double seconds, unsigned reason) {
        return seconds + 0.22 * std::sin(2.4 * seconds + reason) + 0.05 * std::sin(9 * seconds + 2 * reason);
    }

    // Fifty a second, of five kinds.
    void add_events(nadir_u32 number, double seconds) {
        constexpr nadir_u16 kinds[] = {NADIR_EVENT_CPUID, NADIR_EVENT_CPUID, NADIR_EVENT_RULE, NADIR_EVENT_XSETBV,
                                       NADIR_EVENT_HOOK};
        auto& events = nadir.events[number];
        while (nadir.watched && static_cast<double>(events.size()) < 50 * counted(seconds, number)) {
            nadir_event event{};
            event.time = static_cast<nadir_u64>(static_cast<double>(events.size()) / 50 * 1e9);
            event.kind = kinds[events.size() * 7 % 11 % 5];
            event.rip = event.kind == NADIR_EVENT_HOOK ? vfs_read : 0x40'1000 + events.size() % 16;
            event.word[0] = event.kind == NADIR_EVENT_CPUID ? 1 : 0;
            event.outcome = NADIR_EXIT_ADVANCED;
            event.privilege_level = event.kind == NADIR_EVENT_HOOK ? 0 : 3;
            events.push_back(event);
        }
    }

    unsigned readings_ = 0;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

} // namespace

int main(int argc, char** argv) {
    FakedSystem system;
    return nadir::tool::run(system, argc, argv, std::cout, std::cerr);
}
