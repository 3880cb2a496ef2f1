// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The guest's linear addresses, translated as the guest's registers in the VMCS say, and the memory behind them.
// Root mode, current VMCS.
#pragma once

#include <cstdint>
#include <optional>

#include "arch/control_registers.h"
#include "arch/exceptions.h"
#include "core/memory/guest_walk.h"
#include "core/memory/guest_memory.h"

namespace nadir::core {

// An exception that an emulated step raises in the guest.
struct GuestFault {
    arch::Vector vector;
    uint32_t error_code;
    uint64_t address; // #PF: for CR2
};

// None: it went well.
using MaybeFault = std::optional<GuestFault>;

// What the guest's registers say about paging now.
GuestPaging guest_paging(const Vcpu& vcpu);

// The four entries at CR3 that PAE paging loads. False when one has a reserved bit, which raises an exception.
bool read_pdptes(const Vcpu& vcpu, arch::Cr3 cr3, arch::PaePdpte (&entries)[4]);

class GuestLinear {
public:
    explicit GuestLinear(const Vcpu& vcpu) : memory_(vcpu), paging_(guest_paging(vcpu)) {}

    // Addresses wrap at 4 GiB: outside 64-bit mode, the only mode in which anything is emulated so far.
    MaybeFault read(uint32_t linear, void* to, uint32_t bytes, GuestAccess access = system_read) const;
    MaybeFault write(uint32_t linear, const void* from, uint32_t bytes, GuestAccess access = system_write) const;

    // Would an access to at most two pages fault, at its first or its last byte? As a processor that looks before it begins,
    // this sets accessed and dirty flags.
    MaybeFault reachable(uint32_t linear, uint32_t bytes, GuestAccess access) const;

    // Bits of one byte, locked.
    MaybeFault set_bits(uint32_t linear, uint8_t bits) const;
    MaybeFault clear_bits(uint32_t linear, uint8_t bits) const;

    // Accesses of the processor's own to descriptor tables and task state segments.
    static constexpr GuestAccess system_read{false, false, false};
    static constexpr GuestAccess system_write{true, false, false};

private:
    // Calls use(physical, bytes, how many bytes came before) for each page.
    template <typename Use>
    MaybeFault for_each_page(uint32_t linear, uint32_t bytes, GuestAccess access, Use use) const;

    GuestMemory memory_;
    GuestPaging paging_;
};

} // namespace nadir::core
