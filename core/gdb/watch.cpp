// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/watch.h"

#include "arch/paging.h"
#include "core/gdb/debugger.h"
#include "core/vmm.h"

namespace nadir::core::gdb {

namespace {

constexpr uint32_t kinds_of(Point kind) {
    switch (kind) {
    case Point::write: return NADIR_MEMORY_WRITE;
    case Point::read: return NADIR_MEMORY_READ;
    default: return NADIR_MEMORY_READ | NADIR_MEMORY_WRITE;
    }
}

} // namespace

std::span<const Watched> watched_parts(const Vmm& vmm) {
    const Debugger* const debugger = vmm.debugger;
    return debugger != nullptr && !debugger->set_aside ? std::span(debugger->watched, debugger->watched_count)
                                                       : std::span<const Watched>{};
}

uint32_t watched_kinds(const Vmm& vmm, uint64_t address) {
    const uint64_t begin = address & ~(arch::page_size_4k - 1);
    uint32_t kinds = 0;
    for (const Watched& part : watched_parts(vmm)) {
        kinds |= overlaps(begin, begin + arch::page_size_4k - 1, part.first, part.last) ? kinds_of(part.kind) : 0;
    }
    return kinds;
}

const Watched* find_watched(const Vmm& vmm, const MemoryAccess& access) {
    for (const Watched& part : watched_parts(vmm)) {
        if ((access.kinds & kinds_of(part.kind)) != 0 && reaches(access, part.first, part.last)) {
            return &part;
        }
    }
    return nullptr;
}

uint64_t watched_address(const Watched& part, const MemoryAccess& access) {
    const uint64_t begin = access.physical - access.before;
    return begin > part.first ? part.linear + (begin - part.first) : part.linear;
}

} // namespace nadir::core::gdb
