// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/log_reader.h"

#include <algorithm>

namespace nadir::tool {

LogReader::LogReader(Device& device, std::optional<nadir_u32> processor) : device_(device), only_(processor) {
    begin(device_.state());
}

void LogReader::begin(const nadir_state& state) {
    starts_ = state.starts;
    cursors_.clear();
    for (nadir_u32 number = 0; number < state.processors; ++number) {
        if (!only_ || *only_ == number) {
            cursors_.push_back({number, 0});
        }
    }
    if (!only_) {
        cursors_.push_back({NADIR_ANY_PROCESSOR, 0});
    }
}

void LogReader::read_ring(Cursor& cursor, LogBatch& batch) {
    for (;;) {
        const nadir_log_request answer = device_.log(cursor.processor, cursor.next);
        if (answer.lost != 0) {
            batch.lost.push_back({cursor.processor, answer.lost});
        }
        const nadir_u32 count = std::min(answer.count, NADIR_LOG_BATCH);
        batch.records.insert(batch.records.end(), answer.records, answer.records + count);
        // A cursor that doesn't move would keep us here for ever.
        if (count == 0 || answer.next == cursor.next) {
            cursor.next = std::max(cursor.next, answer.next);
            return;
        }
        cursor.next = answer.next;
        if (count < NADIR_LOG_BATCH) {
            return;
        }
    }
}

LogBatch LogReader::read() {
    const nadir_state state = device_.state();
    if (state.starts != starts_) {
        begin(state); // a new run numbers its records from 0
    }
    LogBatch batch;
    for (Cursor& cursor : cursors_) {
        read_ring(cursor, batch);
    }
    std::stable_sort(
        batch.records.begin(), batch.records.end(),
        [](const nadir_log_record& left, const nadir_log_record& right) { return left.time < right.time; });
    return batch;
}

} // namespace nadir::tool
