// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir recorder`: the last VM exits of each processor, of the running Nadir or out of an image of memory.
#include "tool/commands.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/processors.h"
#include "tool/recorder/exit_words.h"
#include "tool/recorder/find_rings.h"
#include "tool/units.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::string hex(std::uint64_t value) { return fmt::format("{:#x}", value); }

// From which record on what was asked for.
std::size_t first_shown(const Recording& recording, const RecorderOptions& options) {
    const std::size_t count = recording.exits.size();
    return options.last && *options.last < count ? count - *options.last : 0;
}

nlohmann::ordered_json to_json(const Recording& recording, std::size_t index) {
    const nadir_exit_record& exit = recording.exits[index];
    nlohmann::ordered_json json;
    json["number"] = recording.number_of(exit);
    json["ticks"] = exit.time;
    json["reason"] = exit.reason;
    json["name"] = reason_of(exit);
    json["rip"] = hex(exit.rip);
    json["qualification"] = hex(exit.qualification);
    json["detail"] = hex(exit.detail);
    json["event"] = hex(exit.event);
    json["outcome"] = outcome_name(exit);
    json["unrecorded_cpuids_before"] = nullptr;
    if (const auto unrecorded = recording.unrecorded_before(index)) {
        json["unrecorded_cpuids_before"] = *unrecorded;
    }
    json["text"] = describe(exit);
    return json;
}

nlohmann::ordered_json to_json(const Recording& recording, const RecorderOptions& options) {
    nlohmann::ordered_json json;
    json["processor"] = recording.processor;
    json["state"] = state_name(recording.state);
    json["begun"] = recording.begun;
    json["unrecorded_cpuids_after"] = nullptr;
    if (const auto unrecorded = recording.unrecorded_after()) {
        json["unrecorded_cpuids_after"] = *unrecorded;
    }
    if (recording.physical_address) {
        json["physical_address"] = hex(*recording.physical_address);
    }
    json["exits"] = nlohmann::ordered_json::array();
    for (std::size_t i = first_shown(recording, options); i < recording.exits.size(); ++i) {
        json["exits"].push_back(to_json(recording, i));
    }
    return json;
}

void print_unrecorded(std::ostream& out, std::optional<std::uint32_t> count) {
    if (count && *count != 0) {
        print_to(out, "{:>10}  {} answered at once\n", "", counted(*count, "CPUID"));
    }
}

void print_exit(std::ostream& out, const Recording& recording, const nadir_exit_record& exit) {
    const std::uint64_t before = recording.exits.back().time - exit.time; // the last one
    std::string line = fmt::format("{:>10}  {:>16}  0x{:016x}  {}", recording.number_of(exit),
                                   (before != 0 ? "-" : "") + grouped(before), exit.rip, reason_of(exit));
    if (const std::string words = describe(exit); !words.empty()) {
        line += ": " + words;
    }
    if (const std::string_view outcome = outcome_words(exit); !outcome.empty()) {
        line += fmt::format(" [{}]", outcome);
    }
    print_to(out, "{}\n", line);
}

void print(std::ostream& out, const Recording& recording, const RecorderOptions& options) {
    const std::size_t first = first_shown(recording, options);
    print_to(out, "Processor {} ({}): the last {} of {} VM exits recorded", recording.processor,
             state_name(recording.state), grouped(recording.exits.size() - first), grouped(recording.begun));
    if (recording.physical_address) {
        print_to(out, ", found at physical address {:#x}", *recording.physical_address);
    }
    print_to(out, "\n");
    if (first < recording.exits.size()) {
        print_to(out, "{:>10}  {:>16}  {:<18}  {}\n", "exit", "ticks", "RIP", "why");
    }
    for (std::size_t i = first; i < recording.exits.size(); ++i) {
        print_unrecorded(out, recording.unrecorded_before(i));
        print_exit(out, recording, recording.exits[i]);
    }
    print_unrecorded(out, recording.unrecorded_after());
}

bool is_wanted(const RecorderOptions& options, nadir_u32 processor) {
    return !options.processor || *options.processor == processor;
}

std::vector<Recording> read_device(System& system, const RecorderOptions& options) {
    const auto device = system.open_device();
    const nadir_state state = device->state();
    if (options.processor && *options.processor >= state.processors) {
        throw Failure(ExitStatus::usage, fmt::format("There is no processor {}; the last is {}.", *options.processor,
                                                     state.processors - 1));
    }
    std::vector<Recording> recordings;
    for (nadir_u32 number = 0; number < state.processors; ++number) {
        if (is_wanted(options, number)) {
            Recording recording = recording_of(device->recorder(number));
            if (recording.state != NADIR_PROCESSOR_ABSENT) {
                recordings.push_back(std::move(recording));
            }
        }
    }
    return recordings;
}

[[noreturn]] void fail_to_find(const std::string& path, const MemoryImage& image, const FoundRings& found) {
    std::string what = fmt::format("{}: there is no flight recorder in it ({} of memory, {})", path,
                                   bytes(image.bytes()), image.is_elf() ? "ELF core file" : "raw");
    if (found.of_other_versions + found.damaged != 0) {
        what += fmt::format("; {} of another version, {} damaged", found.of_other_versions, found.damaged);
    }
    throw Failure(
        ExitStatus::failed, what,
        "The image has to be of physical memory, from outside of the machine or by a crash kernel, of a time when "
        "Nadir was on. Programs of the system itself can't see Nadir's memory.");
}

std::vector<Recording> read_image(const RecorderOptions& options, std::ostream& out) {
    MemoryImage image(options.image);
    FoundRings found = find_rings(image);
    if (found.recordings.empty()) {
        fail_to_find(options.image, image, found);
    }
    std::vector<Recording> recordings;
    for (Recording& recording : found.recordings) {
        if (is_wanted(options, recording.processor)) {
            recordings.push_back(std::move(recording));
        }
    }
    if (recordings.empty() && options.processor) {
        throw Failure(ExitStatus::usage, fmt::format("{}: processor {} is not in it, but {}.", options.image,
                                                     *options.processor, counted(found.recordings.size(), "other")));
    }
    if (!options.json && image.bytes_missing() != 0) {
        print_to(out, "({} is truncated: {} of memory are missing)\n", options.image, bytes(image.bytes_missing()));
    }
    return recordings;
}

} // namespace

ExitStatus command_recorder(System& system, const RecorderOptions& options, std::ostream& out) {
    const std::vector<Recording> recordings =
        options.image.empty() ? read_device(system, options) : read_image(options, out);
    if (options.json) {
        nlohmann::ordered_json json = {{"processors", nlohmann::ordered_json::array()}};
        for (const Recording& recording : recordings) {
            json["processors"].push_back(to_json(recording, options));
        }
        print_json(out, json);
        return ExitStatus::success;
    }
    const char* separator = "";
    for (const Recording& recording : recordings) {
        out << separator;
        print(out, recording, options);
        separator = "\n";
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
