// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Root mode's window onto the guest's memory, with no MMU: the page that it shows is copied in when it opens and back when it
// closes. What was written to a page that is mapped read-only fails the test.
#pragma once

#include <array>
#include <cstring>
#include <stdexcept>

#include "core/vmm.h"
#include "tests/fakes/machine.h"

namespace nadir::fake {

class Window {
public:
    Window(Machine& its_machine, core::Vmm& vmm) : machine_(its_machine) {
        vmm.windows = linear();
        vmm.window_entries = &entry_;
        machine_.on_invalidate_page = [this](uint64_t address) { follow(address); };
    }
    ~Window() { machine_.on_invalidate_page = nullptr; }
    Window(const Window&) = delete;
    Window& operator=(const Window&) = delete;

    bool open() const { return shown_ != 0; }
    uint64_t opened = 0;          // how many times so far
    bool mapped_writable = false; // the last time

private:
    static constexpr uint64_t present = 1, writable = 2, no_execute = uint64_t{1} << 63;

    uint64_t linear() const { return reinterpret_cast<uint64_t>(page_.data()); }
    static uint64_t frame(uint64_t entry) { return entry & 0x000F'FFFF'FFFF'F000; }

    void follow(uint64_t address) {
        if (address != linear()) {
            throw std::logic_error("INVLPG of another page than the window");
        }
        if (shown_ != 0) {
            uint8_t* memory = machine_.memory.linear_of(frame(shown_));
            if ((shown_ & writable) == 0 && std::memcmp(memory, page_.data(), page_.size()) != 0) {
                throw std::logic_error("a write to a page that is mapped read-only");
            }
            std::memcpy(memory, page_.data(), page_.size());
        }
        page_.fill(0xCC); // not mapped: whoever reads it now reads nonsense
        shown_ = entry_;
        if (shown_ != 0) {
            ++opened;
            mapped_writable = (shown_ & writable) != 0;
            if ((shown_ & present) == 0 || (shown_ & no_execute) == 0) {
                throw std::logic_error("the window's page isn't present, or is executable");
            }
            std::memcpy(page_.data(), machine_.memory.linear_of(frame(shown_)), page_.size());
        }
    }

    Machine& machine_;
    uint64_t entry_ = 0;
    uint64_t shown_ = 0; // the entry as of the last INVLPG: what the TLB has
    alignas(4096) std::array<uint8_t, 4096> page_{};
};

} // namespace nadir::fake
