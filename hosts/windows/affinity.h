// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A thread on one processor of any group. Processors are numbered as Windows' indices, those that run first.
#pragma once

#include "hosts/windows/nt/nt.h"

namespace nadir::windows {

inline bool processor_runs(ULONG processor) { return processor < KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS); }

// While it lives, the thread that made it runs there and nowhere else. Passive.
class OnProcessor {
public:
    explicit OnProcessor(ULONG processor) {
        PROCESSOR_NUMBER place{};
        if (!processor_runs(processor) || KeGetProcessorNumberFromIndex(processor, &place) != STATUS_SUCCESS) {
            return;
        }
        GROUP_AFFINITY there{};
        there.Group = place.Group;
        there.Mask = KAFFINITY{1} << place.Number;
        KeSetSystemGroupAffinityThread(&there, &before_);
        moved_ = true;
    }
    ~OnProcessor() {
        if (moved_) {
            KeRevertToUserGroupAffinityThread(&before_);
        }
    }
    OnProcessor(const OnProcessor&) = delete;
    OnProcessor& operator=(const OnProcessor&) = delete;

    // False where no such processor runs.
    [[nodiscard]] bool moved() const { return moved_; }

private:
    GROUP_AFFINITY before_{};
    bool moved_ = false;
};

} // namespace nadir::windows
