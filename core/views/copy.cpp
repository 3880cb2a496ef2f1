// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/views/copy.h"

#include "core/memory/guest_memory.h"
#include "core/vmm.h"

namespace nadir::core {

namespace {

constexpr uint64_t page = 4096;
constexpr uint8_t int3 = 0xCC;

// What the guest has under a hook is remembered, and a breakpoint takes its place.
void put_hooks_into(const Views& views, const HiddenPage& hidden, uint8_t* content) {
    for (uint32_t i = 0; i < hidden.hooks; ++i) {
        Hook& hook = views.hooks[hidden.first + i];
        uint8_t& place = content[hook.address % page];
        if (place != hook.below) {
            hook.below = place;
            hook.changes += views.armed;
        }
        place = int3;
    }
}

} // namespace

void refresh_copy(Vcpu& vcpu, const HiddenPage& hidden) {
    const Views& views = *vcpu.place.vmm->views;
    uint64_t* const content = view_user_place(vcpu).scratch;
    GuestMemory{vcpu}.read(hidden.address, content, page);
    put_hooks_into(views, hidden, reinterpret_cast<uint8_t*>(content));
    uint64_t* const copy = hidden.content;
    for (uint64_t i = 0; i < page / sizeof(uint64_t); ++i) {
        if (copy[i] != content[i]) {
            __atomic_store_n(&copy[i], content[i], __ATOMIC_RELAXED);
        }
    }
}

} // namespace nadir::core
