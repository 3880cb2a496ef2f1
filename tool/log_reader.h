// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Brings the rings of all processors and the host's own log into one sequence.
#pragma once

#include "tool/device.h"

#include <optional>
#include <vector>

namespace nadir::tool {

struct LogLoss {
    nadir_u32 processor = 0; // NADIR_ANY_PROCESSOR: the host's own log
    nadir_u32 records = 0;   // overwritten before they were read
};

struct LogBatch {
    std::vector<nadir_log_record> records; // by time
    std::vector<LogLoss> lost;
};

class LogReader {
public:
    // With a processor: its ring alone.
    LogReader(Device& device, std::optional<nadir_u32> processor);

    // All that has come since the last call.
    LogBatch read();

private:
    struct Cursor {
        nadir_u32 processor;
        nadir_u32 next;
    };

    void begin(const nadir_state& state);
    void read_ring(Cursor& cursor, LogBatch& batch);

    Device& device_;
    std::optional<nadir_u32> only_;
    nadir_u64 starts_ = 0;
    std::vector<Cursor> cursors_;
};

} // namespace nadir::tool
