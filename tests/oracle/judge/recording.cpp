// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tests/oracle/judge/recording.h"

#include "arch/capability_reading.h"

#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace nadir::oracle {

namespace {

// Answers as the processor did.
struct Recorded {
    std::map<std::pair<std::uint32_t, std::uint32_t>, arch::CpuidRegisters> leaves;
    std::map<std::uint32_t, std::uint64_t> msrs;

    arch::CpuidRegisters cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
        const auto found = leaves.find({leaf, subleaf});
        if (found == leaves.end()) {
            throw std::runtime_error("the guest program printed no CPUID leaf " + std::to_string(leaf));
        }
        return found->second;
    }
    std::optional<std::uint64_t> msr(std::uint32_t index) {
        const auto found = msrs.find(index);
        return found == msrs.end() ? std::nullopt : std::optional{found->second};
    }
};

// Of the processors, not of other parts; every message has its time before it.
constexpr std::string_view processor = "[CPU0  ] ";
constexpr std::string_view marker_text = "RDMSR: Unknown register 0x";

} // namespace

Recording read_console(const std::string& file) {
    std::ifstream console(file);
    if (!console) {
        throw std::runtime_error(file + " can't be read");
    }
    Recorded recorded;
    Recording recording;
    bool ended = false;
    for (std::string line; std::getline(console, line);) {
        std::istringstream words(line);
        std::string what;
        words >> what >> std::hex;
        if (what == "cpuid") {
            std::uint32_t leaf = 0;
            std::uint32_t subleaf = 0;
            arch::CpuidRegisters r{};
            words >> leaf >> subleaf >> r.eax >> r.ebx >> r.ecx >> r.edx;
            recorded.leaves[{leaf, subleaf}] = r;
        } else if (what == "msr") {
            std::uint32_t index = 0;
            words >> index >> recorded.msrs[index];
        } else if (what == "fields") {
            std::string bits;
            words >> bits;
            for (unsigned slot = 0; slot < slot_count; ++slot) {
                recording.presence.present[slot] = slot >= bits.size() || bits[slot] == '1' ? 1 : 0;
            }
        } else if (what == "mutants") {
            words >> recording.mutants;
        }
        ended = ended || what == "end";
    }
    if (!ended) {
        throw std::runtime_error("the guest program did not come to its end");
    }
    arch::read_capabilities(recorded, recording.caps);
    return recording;
}

LogReader::LogReader(const std::string& file) : log_(file) {
    if (!log_) {
        throw std::runtime_error(file + " can't be read");
    }
}

bool LogReader::next(Observation& observation) {
    observation.messages.clear();
    while (std::getline(log_, line_)) {
        const std::size_t source = line_.find(processor);
        if (source == std::string::npos || source == 0 || line_[source - 1] != 'e') {
            continue; // not an error of the processor
        }
        const std::string_view message = std::string_view{line_}.substr(source + processor.size());
        if (!message.starts_with(marker_text)) {
            observation.messages.emplace_back(message);
            continue;
        }
        const auto index =
            static_cast<std::uint32_t>(std::stoul(std::string{message.substr(marker_text.size())}, nullptr, 16));
        if ((index & Marker::space) == 0 || index >> 31 != 0) {
            continue; // read while the capabilities were asked for
        }
        observation.marker = Marker::decode(index);
        if (observation.marker == Marker::start()) {
            observation.messages.clear();
            continue;
        }
        return true;
    }
    return false;
}

} // namespace nadir::oracle
