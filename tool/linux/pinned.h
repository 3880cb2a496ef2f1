// SPDX-License-Identifier: MIT OR GPL-2.0-only
// While it lives, this thread runs on one processor. Where that isn't allowed (a container's cpuset), `ok` is false and
// the thread runs wherever it did.
#pragma once

#include <sched.h>
#include <vector>

namespace nadir::tool {

class Pinned {
public:
    explicit Pinned(unsigned processor) : before_(mask_bytes / sizeof(unsigned long)) {
        std::vector<unsigned long> wanted(before_.size());
        const auto word = processor / (8 * sizeof(unsigned long));
        if (word >= wanted.size() || sched_getaffinity(0, mask_bytes, set_of(before_)) < 0) {
            return;
        }
        wanted[word] = 1ul << (processor % (8 * sizeof(unsigned long)));
        ok_ = sched_setaffinity(0, mask_bytes, set_of(wanted)) == 0;
    }
    Pinned(const Pinned&) = delete;
    Pinned& operator=(const Pinned&) = delete;
    ~Pinned() {
        if (ok_) {
            sched_setaffinity(0, mask_bytes, set_of(before_));
        }
    }

    [[nodiscard]] bool ok() const { return ok_; }

private:
    // More than cpu_set_t's 1,024 processors: the kernel refuses a mask that is shorter than its own.
    static constexpr std::size_t mask_bytes = 8192 / 8;

    static cpu_set_t* set_of(std::vector<unsigned long>& words) { return reinterpret_cast<cpu_set_t*>(words.data()); }

    std::vector<unsigned long> before_;
    bool ok_ = false;
};

} // namespace nadir::tool
