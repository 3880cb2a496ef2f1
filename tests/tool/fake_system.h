// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A machine with a Nadir that does as it is told, for the commands' tests.
#pragma once

#include "control/messages.h"
#include "tests/unit/check/example_processor.h"
#include "tool/exit_status.h"
#include "tool/system.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <vector>

namespace nadir::test {

// What the module would have; a FakeDevice is a view of it.
struct FakeNadir {
    nadir_state state{};
    std::map<nadir_u32, nadir_statistics> statistics;
    std::map<nadir_u32, std::vector<nadir_log_record>> log;
    std::map<nadir_u32, nadir_u32> lost; // by ring: how many records of its front are gone
    nadir_report report{};               // the answer of the next on or off
    nadir_options options{};             // what `on` was called with
    std::map<nadir_u32, nadir_vmcs> vmcs;
    std::map<nadir_u32, nadir_recorder_request> recorder;
    std::vector<nadir_listed_rule> rules;
    std::vector<nadir_rules_request> rule_requests; // what was asked
    std::size_t rules_that_fit = NADIR_RULES;
    unsigned largest_batch = NADIR_LOG_BATCH;
    // Events: what was asked for, what there is of each processor, and how many of its front are gone.
    nadir_event_filter filter{};
    bool watched = false;
    unsigned ends = 0; // how often the end was asked for
    bool events_over = false;
    std::map<nadir_u32, std::vector<nadir_event>> events;
    std::map<nadir_u32, nadir_u64> events_lost;
    nadir_event_process process{}; // whose they are

    static FakeNadir of_two_processors() {
        FakeNadir nadir;
        nadir.report.processor = NADIR_ANY_PROCESSOR;
        nadir.state.active = 1;
        nadir.state.processors = 3;
        nadir.state.processors_on = 2;
        nadir.state.bytes_total = 3u << 20;
        nadir.state.bytes_per_processor = 96u << 10;
        nadir.state.starts = 1;
        nadir.state.physical_address_bits = 39;
        nadir.state.vpid = 1;
        for (nadir_u32 number = 0; number < 3; ++number) {
            nadir_statistics& one = nadir.statistics[number];
            one.processor = number;
            one.state = number < 2 ? NADIR_PROCESSOR_ON : NADIR_PROCESSOR_ABSENT;
            one.enter_ticks = 12345;
            one.exits[10] = 1000000 * (number + 1); // CPUID
            one.exits_total = one.exits[10];
        }
        return nadir;
    }

    void set_report(nadir_u32 status, nadir_u32 step, nadir_u32 processor, const char* text) {
        report.status = status;
        report.step = step;
        report.processor = processor;
        std::strncpy(report.text, text, sizeof(report.text) - 1);
    }

    void add_record(nadir_u32 processor, nadir_u64 time, control::Message message, nadir_u64 argument = 0) {
        nadir_log_record record{};
        record.time = time;
        record.sequence = static_cast<nadir_u32>(log[processor].size());
        record.processor = static_cast<nadir_u16>(processor);
        record.level = static_cast<nadir_u8>(control::level_of(message));
        record.message = static_cast<nadir_u8>(message);
        record.argument[0] = argument;
        log[processor].push_back(record);
    }
};

class FakeDevice final : public tool::Device {
public:
    explicit FakeDevice(FakeNadir& nadir) : nadir_(nadir) {}
    FakeDevice(const FakeDevice&) = delete;
    FakeDevice& operator=(const FakeDevice&) = delete;
    ~FakeDevice() override { nadir_.watched = false; } // as a file that is closed

    nadir_report on(const nadir_options& options) override {
        nadir_.options = options;
        return nadir_.report;
    }
    nadir_report off() override { return nadir_.report; }
    nadir_state state() override { return nadir_.state; }
    nadir_statistics statistics(nadir_u32 processor) override { return nadir_.statistics.at(processor); }
    arch::Capabilities capabilities(nadir_u32) override { return example_processor(); }
    nadir_vmcs vmcs(nadir_u32 processor) override { return nadir_.vmcs[processor]; }
    nadir_recorder_request recorder(nadir_u32 processor) override { return nadir_.recorder[processor]; }

    // As the core, as far as the command can tell.
    nadir_rules_request rules(const nadir_rules_request& wanted) override {
        nadir_.rule_requests.push_back(wanted);
        nadir_rules_request answer = wanted;
        answer.report = nadir_.report;
        std::vector<nadir_listed_rule>& rules = nadir_.rules;
        if (answer.report.status == NADIR_OK && wanted.operation == NADIR_RULES_ADD) {
            if (rules.size() == nadir_.rules_that_fit) {
                answer.report.status = NADIR_BAD_ARGUMENT;
                std::strcpy(answer.report.text, "no place for more");
            } else {
                answer.number = rules.empty() ? 1 : rules.back().number + 1;
                rules.push_back({answer.number, 0, 0, wanted.rule});
            }
        } else if (wanted.operation == NADIR_RULES_REMOVE) {
            std::erase_if(rules, [&](const nadir_listed_rule& rule) { return rule.number == wanted.number; });
        } else if (wanted.operation == NADIR_RULES_CLEAR) {
            rules.clear();
        }
        answer.count = static_cast<nadir_u32>(rules.size());
        std::copy(rules.begin(), rules.end(), answer.rules);
        return answer;
    }
    nadir_report events_begin(const nadir_event_filter& filter) override {
        nadir_.filter = filter;
        nadir_.watched = nadir_.report.status == NADIR_OK;
        return nadir_.report;
    }
    nadir_report events_end() override {
        ++nadir_.ends;
        nadir_.watched = false;
        return nadir_.report;
    }
    nadir_events_read_request events_read(nadir_u32 processor, nadir_u64 next) override {
        nadir_events_read_request answer{};
        const std::vector<nadir_event>& events = nadir_.events[processor];
        const nadir_u64 first = nadir_.events_lost[processor];
        answer.lost = next < first ? first - next : 0;
        next = std::max(next, first);
        while (next < events.size() && answer.count < NADIR_EVENT_BATCH) {
            answer.processes[answer.count] = nadir_.process;
            answer.events[answer.count] = events[next++];
            answer.events[answer.count++].sequence = static_cast<nadir_u32>(next);
        }
        answer.next = next;
        answer.over = nadir_.events_over ? 1 : 0;
        return answer;
    }

    nadir_log_request log(nadir_u32 processor, nadir_u32 next) override {
        nadir_log_request answer{};
        const std::vector<nadir_log_record>& records = nadir_.log[processor];
        const nadir_u32 first = nadir_.lost[processor];
        answer.lost = next < first ? first - next : 0;
        next = std::max(next, first);
        while (next < records.size() && answer.count < nadir_.largest_batch) {
            answer.records[answer.count++] = records[next++];
        }
        answer.next = next;
        return answer;
    }

private:
    FakeNadir& nadir_;
};

class FakeSystem : public tool::System {
public:
    FakeNadir nadir = FakeNadir::of_two_processors();
    bool loaded = true;
    std::vector<unsigned> processors = {0, 1};
    std::function<arch::Capabilities(unsigned)> processor = [](unsigned) { return example_processor(); };
    std::uint64_t memory = 1u << 30;
    std::vector<tool::Rival> others;
    std::function<void()> while_asleep; // what happens meanwhile
    int naps_until_interrupt = 0;
    tool::MachineNotes machine;
    std::optional<tool::TerminalSize> size; // of the terminal; nothing: there is none

    [[nodiscard]] const tool::SystemWords& words() const override { return words_; }

    std::unique_ptr<tool::Device> open_device() override {
        if (!loaded) {
            throw tool::Failure(tool::ExitStatus::no_module, "no module", "load it");
        }
        return std::make_unique<FakeDevice>(nadir);
    }
    std::vector<unsigned> online_processors() override { return processors; }
    tool::ProcessorFacts facts(unsigned number) override { return {number, processor(number), "a test", {}}; }
    std::string processor_name() override { return "Example(R) Processor"; }
    std::uint64_t memory_available() override { return memory; }
    std::vector<tool::Rival> rivals() override { return others; }
    // One tick is a microsecond, and 1000000 ticks was at 1970-01-01 00:16:40 UTC.
    tool::ClockReading read_clocks() override {
        return {ticks_,
                std::chrono::system_clock::time_point(std::chrono::seconds(999) + std::chrono::microseconds(ticks_)),
                std::chrono::steady_clock::time_point(std::chrono::microseconds(ticks_))};
    }
    void sleep(std::chrono::milliseconds time) override {
        ticks_ += static_cast<std::uint64_t>(time.count()) * 1000;
        if (naps_until_interrupt > 0) {
            --naps_until_interrupt;
        }
        if (while_asleep) {
            while_asleep();
        }
    }
    tool::MachineNotes notes() override { return machine; }
    std::uint64_t cpuid_ticks() override { return 1000; }
    std::optional<tool::TerminalSize> terminal() override { return size; }
    bool interrupted() override { return naps_until_interrupt == 0; }

private:
    const tool::SystemWords words_{"stand-in", "It sees everything.", "its own log may say more", "there is no screen"};
    std::uint64_t ticks_ = 1000000;
};

} // namespace nadir::test
