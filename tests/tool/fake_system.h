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
    std::vector<nadir_extension> extensions; // with the counters of processor 0
    std::vector<nadir_listed_rule> rules;
    std::vector<nadir_rules_request> rule_requests; // what was asked
    // Physical memory by page; address spaces by process, and how often each was asked for; walks of the EPT by tables.
    std::map<nadir_u64, std::vector<nadir_u8>> memory;
    std::map<nadir_u32, nadir_address_space> spaces;
    unsigned spaces_asked = 0;
    unsigned process_ends = ~0u; // when it has been asked for so often
    std::map<nadir_u32, nadir_ept_walk> ept;
    std::size_t rules_that_fit = NADIR_RULES;
    unsigned largest_batch = NADIR_LOG_BATCH;
    std::vector<nadir_listed_hook> hooks;
    std::vector<nadir_hooks_set_request> hook_requests; // what was asked
    nadir_report hook_report{};                         // the answer to it
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
    // As a file that is closed.
    ~FakeDevice() override {
        nadir_.watched = false;
        std::erase_if(nadir_.hooks, is_mine);
    }

    nadir_report on(const nadir_options& options) override {
        nadir_.options = options;
        return nadir_.report;
    }
    nadir_report off() override { return nadir_.report; }
    nadir_state state() override { return nadir_.state; }
    nadir_statistics statistics(nadir_u32 processor) override { return nadir_.statistics.at(processor); }
    arch::Capabilities capabilities(nadir_u32) override { return example_processor(); }
    nadir_vmcs vmcs(nadir_u32 processor) override { return nadir_.vmcs[processor]; }
    nadir_extension_request extension(nadir_u32 number, nadir_u32 processor) override {
        nadir_extension_request request{};
        request.found = number < nadir_.extensions.size() ? 1 : 0;
        if (request.found != 0) {
            request.extension = nadir_.extensions[number];
            for (nadir_u64& counter : request.extension.counters) {
                counter *= processor + 1;
            }
        }
        return request;
    }
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
    nadir_hooks_set_request hooks_set(const nadir_hooks_set_request& wanted) override {
        nadir_.hook_requests.push_back(wanted);
        nadir_hooks_set_request answer = wanted;
        answer.report = nadir_.hook_report;
        for (nadir_u32 i = 0; answer.report.status == NADIR_OK && i < wanted.count; ++i) {
            const nadir_u32 flags = wanted.stay != 0 ? NADIR_HOOK_STAYS : NADIR_HOOK_MINE;
            nadir_.hooks.push_back({wanted.hooks[i], 0, 0, 0, static_cast<nadir_u32>(nadir_.hooks.size()), flags});
        }
        return answer;
    }
    nadir_hooks_clear_request hooks_clear(bool staying) override {
        if (staying) {
            std::erase_if(nadir_.hooks,
                          [](const nadir_listed_hook& hook) { return (hook.flags & NADIR_HOOK_STAYS) != 0; });
        }
        for (nadir_listed_hook& hook : nadir_.hooks) {
            hook.flags |= is_mine(hook) ? NADIR_HOOK_GONE : 0;
        }
        return {};
    }
    nadir_hooks_list_request hooks_list(nadir_u32 first) override {
        nadir_hooks_list_request answer{};
        answer.total = static_cast<nadir_u32>(nadir_.hooks.size());
        for (std::size_t i = first; i < nadir_.hooks.size() && answer.count < NADIR_HOOK_BATCH; ++i) {
            answer.hooks[answer.count++] = nadir_.hooks[i];
        }
        return answer;
    }
    nadir_memory_read_request memory_read(nadir_u64 address, nadir_u32 bytes) override {
        nadir_memory_read_request answer{};
        const nadir_u64 offset = address % NADIR_MEMORY_BYTES;
        const auto page = nadir_.memory.find(address - offset);
        if (bytes == 0 || offset + bytes > NADIR_MEMORY_BYTES || page == nadir_.memory.end()) {
            answer.report.status = page == nadir_.memory.end() ? NADIR_MEMORY_DEVICE : NADIR_BAD_ARGUMENT;
            std::strcpy(answer.report.text, "a device is there");
            return answer;
        }
        std::copy_n(page->second.begin() + static_cast<std::ptrdiff_t>(offset), bytes, answer.data);
        return answer;
    }
    nadir_memory_space_request memory_space(nadir_u32 process) override {
        nadir_memory_space_request answer{};
        const auto space = nadir_.spaces.find(process);
        if (space == nadir_.spaces.end() || nadir_.spaces_asked++ >= nadir_.process_ends) {
            answer.report.status = NADIR_NO_PROCESS;
            std::strcpy(answer.report.text, "there is no such process");
        } else {
            answer.space = space->second;
        }
        return answer;
    }
    nadir_memory_ept_request memory_ept(nadir_u64, nadir_u32 processor, nadir_u32 tables) override {
        nadir_memory_ept_request answer{};
        const auto walk = nadir_.ept.find(tables);
        if (walk == nadir_.ept.end()) {
            answer.report.status = nadir_.ept.empty() ? NADIR_ALREADY_OFF : NADIR_BAD_ARGUMENT;
            std::strcpy(answer.report.text, nadir_.ept.empty() ? "Nadir is off: no EPT" : "no such tables");
        } else {
            answer.walk = walk->second;
            answer.walk.processor = processor == NADIR_ANY_PROCESSOR ? 0 : processor;
        }
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
    static bool is_mine(const nadir_listed_hook& hook) { return (hook.flags & NADIR_HOOK_MINE) != 0; }

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
    tool::KernelSymbols symbols;
    std::vector<std::string> modules_asked;                                 // of the last time
    std::function<tool::ImageSymbols(const tool::ImageWish&)> image_reader; // none: this system has none
    tool::SerialUse serial;
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
    tool::KernelSymbols kernel_symbols(std::span<const std::string> modules) override {
        modules_asked.assign(modules.begin(), modules.end());
        return symbols;
    }
    tool::ImageSymbols image_symbols(const tool::ImageWish& wish) override {
        return image_reader ? image_reader(wish) : System::image_symbols(wish);
    }
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
    tool::SerialUse serial_use(nadir_u32) override { return serial; }
    tool::MachineNotes notes() override { return machine; }
    std::uint64_t cpuid_ticks() override { return 1000; }
    std::optional<tool::TerminalSize> terminal() override { return size; }
    bool interrupted() override { return naps_until_interrupt == 0; }

private:
    const tool::SystemWords words_{"stand-in", "It sees everything.", "its own log may say more",
                                   NADIR_HOOK_PAGES_USUAL, "there is no screen"};
    std::uint64_t ticks_ = 1000000;
};

} // namespace nadir::test
