// SPDX-License-Identifier: MIT OR GPL-2.0-only
// While it lives, this thread runs on one processor. Where that isn't allowed (a job's limits), `ok` is false and the thread
// runs wherever it did.
#pragma once

#include "tool/windows/groups.h"
#include "tool/windows/windows.h"

#include <vector>

namespace nadir::tool {

inline std::vector<unsigned> processors_per_group() {
    std::vector<unsigned> counts;
    for (WORD group = 0; group < GetActiveProcessorGroupCount(); ++group) {
        counts.push_back(GetActiveProcessorCount(group));
    }
    return counts;
}

class Pinned {
public:
    explicit Pinned(unsigned processor) {
        if (const auto place = processor_in_groups(processors_per_group(), processor)) {
            GROUP_AFFINITY wanted{};
            wanted.Group = place->group;
            wanted.Mask = KAFFINITY{1} << place->number;
            ok_ = SetThreadGroupAffinity(GetCurrentThread(), &wanted, &before_) != 0;
        }
    }
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    ~Pinned() {
        if (ok_) {
            SetThreadGroupAffinity(GetCurrentThread(), &before_, nullptr);
        }
    }

    [[nodiscard]] bool ok() const { return ok_; }

private:
    GROUP_AFFINITY before_{};
    bool ok_ = false;
};

} // namespace nadir::tool
