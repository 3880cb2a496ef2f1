// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a host gives holds anything (core/host.h), and clearing it is most of what a start would cost: so each part is
// cleared by who needs that, and this is for what is small, or may be shown to somebody before all of it is written.
#pragma once

#include <cstdint>

#include "core/host.h"

namespace nadir::core {

inline void* allocate_cleared(uint64_t bytes) {
    void* memory = nadir_host_allocate(bytes);
    if (memory != nullptr) {
        __builtin_memset(memory, 0, bytes);
    }
    return memory;
}

} // namespace nadir::core
