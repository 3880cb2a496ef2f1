// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/guest_memory.h"

#include "core/root/address_space.h"
#include "cpu/instructions.h"

namespace nadir::core {

namespace {

constexpr uint64_t page_mask = 4095;

// The window is open while one of these lives.
class OpenWindow {
public:
    OpenWindow(const Vcpu& vcpu, uint64_t physical)
        : entry_(vcpu.place.vmm->window_entries + vcpu.place.processor),
          linear_(vcpu.place.vmm->windows + vcpu.place.processor * arch::page_size_4k),
          behind_(page_behind(vcpu.place.vmm->ept, physical & ~page_mask)), offset_(physical & page_mask) {
        if (behind_.exists) {
            set(page_entry(behind_.physical, {!behind_.hidden, false}));
        }
    }
    ~OpenWindow() {
        if (behind_.exists) {
            set(0);
        }
    }
    OpenWindow(const OpenWindow&) = delete;
    OpenWindow& operator=(const OpenWindow&) = delete;

    bool readable() const { return behind_.exists; }
    bool writable() const { return behind_.exists && !behind_.hidden; }
    uint8_t* at() const { return reinterpret_cast<uint8_t*>(linear_ + offset_); }

private:
    void set(uint64_t entry) const {
        __atomic_store_n(entry_, entry, __ATOMIC_RELAXED);
        cpu::invalidate_page(linear_);
    }

    uint64_t* entry_;
    uint64_t linear_;
    PageBehind behind_;
    uint64_t offset_;
};

constexpr uint8_t nothing_there = 0xFF;

} // namespace

void GuestMemory::read(uint64_t physical, void* to, uint32_t bytes) const {
    const OpenWindow window{vcpu_, physical};
    if (window.readable()) {
        __builtin_memcpy(to, window.at(), bytes);
    } else {
        __builtin_memset(to, nothing_there, bytes);
    }
}

void GuestMemory::write(uint64_t physical, const void* from, uint32_t bytes) const {
    const OpenWindow window{vcpu_, physical};
    if (window.writable()) {
        __builtin_memcpy(window.at(), from, bytes);
    }
}

uint64_t GuestMemory::read_entry(uint64_t physical, uint32_t bytes) const {
    const OpenWindow window{vcpu_, physical};
    if (!window.readable()) {
        return ~uint64_t{0};
    }
    // One access: another processor may be changing the entry.
    return bytes == sizeof(uint32_t)
               ? __atomic_load_n(reinterpret_cast<const uint32_t*>(window.at()), __ATOMIC_RELAXED)
               : __atomic_load_n(reinterpret_cast<const uint64_t*>(window.at()), __ATOMIC_RELAXED);
}

uint8_t GuestMemory::set_bits(uint64_t physical, uint8_t bits) const {
    const OpenWindow window{vcpu_, physical};
    if (window.writable()) {
        return __atomic_fetch_or(window.at(), bits, __ATOMIC_SEQ_CST);
    }
    return window.readable() ? *window.at() : nothing_there;
}

uint8_t GuestMemory::clear_bits(uint64_t physical, uint8_t bits) const {
    const OpenWindow window{vcpu_, physical};
    if (window.writable()) {
        return __atomic_fetch_and(window.at(), static_cast<uint8_t>(~bits), __ATOMIC_SEQ_CST);
    }
    return window.readable() ? *window.at() : nothing_there;
}

} // namespace nadir::core
