// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/recorder/recording.h"

#include "arch/vmx/exit_reason.h"

#include <algorithm>

namespace nadir::tool {

namespace {

nadir_u32 cpuids_until_after(const nadir_exit_record& exit) {
    const bool is_cpuid = exit.reason == static_cast<nadir_u16>(arch::BasicExitReason::cpuid);
    return exit.cpuids + (is_cpuid ? 1 : 0);
}

} // namespace

std::optional<std::uint32_t> Recording::unrecorded_before(std::size_t index) const {
    const nadir_exit_record& exit = exits[index];
    if (number_of(exit) == 0) {
        return exit.cpuids;
    }
    if (index == 0 || exits[index - 1].sequence + 1 != exit.sequence) {
        return std::nullopt;
    }
    return exit.cpuids - cpuids_until_after(exits[index - 1]);
}

std::optional<std::uint32_t> Recording::unrecorded_after() const {
    if (!cpuid_exits) {
        return std::nullopt;
    }
    const auto now = static_cast<std::uint32_t>(*cpuid_exits);
    if (begun == 0) {
        return now;
    }
    if (exits.empty() || number_of(exits.back()) + 1 != begun) {
        return std::nullopt;
    }
    return now - cpuids_until_after(exits.back());
}

Recording recording_of(const nadir_recorder_request& answer) {
    Recording recording;
    recording.processor = answer.processor;
    recording.state = answer.state;
    recording.begun = answer.begun;
    recording.cpuid_exits = answer.cpuid_exits;
    recording.exits.assign(answer.records, answer.records + std::min(answer.count, NADIR_EXIT_RING_RECORDS));
    return recording;
}

Recording recording_of(const nadir_exit_ring& ring, std::uint64_t physical_address) {
    Recording recording;
    recording.processor = ring.processor;
    recording.state = ring.state;
    recording.begun = ring.begun;
    recording.physical_address = physical_address;
    for (nadir_u64 number = control::oldest_exit(ring.begun); number < ring.begun; ++number) {
        nadir_exit_record exit;
        if (control::read_exit(ring, number, exit)) {
            recording.exits.push_back(exit);
        }
    }
    return recording;
}

} // namespace nadir::tool
