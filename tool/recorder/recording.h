// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What one processor's flight recorder has (control/exit_ring.h), wherever it was read.
#pragma once

#include "control/control.h"
#include "control/exit_ring_reader.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace nadir::tool {

struct Recording {
    nadir_u32 processor = 0;
    nadir_u32 state = 0; // enum nadir_processor_state
    std::uint64_t begun = 0;
    std::optional<std::uint64_t> cpuid_exits;      // so far; not known from an image
    std::optional<std::uint64_t> physical_address; // of the ring, in an image
    std::vector<nadir_exit_record> exits;          // oldest first

    // A record has only the low half.
    [[nodiscard]] std::uint64_t number_of(const nadir_exit_record& exit) const {
        return begun - static_cast<nadir_u32>(static_cast<nadir_u32>(begun) - exit.sequence);
    }
    // CPUIDs between the record before this one and this one, which cpu/exit.S answered by itself. Nothing: that record is
    // missing.
    [[nodiscard]] std::optional<std::uint32_t> unrecorded_before(std::size_t index) const;
    // The same after the last record.
    [[nodiscard]] std::optional<std::uint32_t> unrecorded_after() const;
};

Recording recording_of(const nadir_recorder_request& answer);
Recording recording_of(const nadir_exit_ring& ring, std::uint64_t physical_address);

} // namespace nadir::tool
