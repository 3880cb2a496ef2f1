// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The guest's physical memory, as root mode sees it: one page at a time, for the length of one access.
//
// Root mode maps no memory of the guest. Where it must do what the processor would have done in the guest's memory (a task
// switch), the processor's window is pointed at the page and closed again at once. It shows what the EPT shows: low memory
// where the host moved it, and in place of our own memory the one page that stands for it, which is read and never written.
// An address that the processor doesn't have reads as all ones, and what is written there is lost.
//
// The mapping is write-back, so that with root mode's PAT the MTRRs alone decide the type, as the EPT has it: RAM is cached as
// everywhere else, and a device's register is accessed as the guest's own access would be. Root mode, its own processor; not
// in the handlers of NMIs and machine checks, which may come while a window is open.
#pragma once

#include <cstdint>

#include "core/vmm.h"

namespace nadir::core {

class GuestMemory {
public:
    explicit GuestMemory(const Vcpu& vcpu) : vcpu_(vcpu) {}

    // Within one page.
    void read(uint64_t physical, void* to, uint32_t bytes) const;
    void write(uint64_t physical, const void* from, uint32_t bytes) const;

    // Page-table and descriptor-table entries, naturally aligned.
    uint64_t read_entry(uint64_t physical, uint32_t bytes) const;

    // Bits of one byte, by a locked access: other processors of the guest may change its neighbours. The result is what was
    // there before.
    uint8_t set_bits(uint64_t physical, uint8_t bits) const;
    uint8_t clear_bits(uint64_t physical, uint8_t bits) const;

private:
    const Vcpu& vcpu_;
};

} // namespace nadir::core
