// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What a rule of VM entry is asked about: the VMCS with the processor's capabilities, and what many rules derive from
// them. Reading something unknown is noted, so that the answer of the rule then doesn't count.
#pragma once

#include "arch/capabilities.h"
#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/fields.h"
#include "base/bits.h"
#include "check/entry/vmcs_view.h"

#include <cstdint>

namespace nadir::check {

class EntryContext {
public:
    EntryContext(VmcsView vmcs, const arch::Capabilities& capabilities, const MemoryReader* memory)
        : vmcs_(vmcs), capabilities_(capabilities), memory_(memory) {}

    template <arch::FieldWidth W, typename V>
    V get(arch::VmcsField<W, V> field) const {
        return field.from_raw(static_cast<typename arch::VmcsField<W, V>::raw_type>(raw(field.encoding)));
    }

    std::uint64_t raw(std::uint32_t encoding) const {
        std::uint64_t value = 0;
        if (!vmcs_.read(vmcs_.context, encoding, value)) {
            unknown_ = true;
        }
        return value;
    }

    // An MSR of the capabilities; a rule that needs one that isn't known isn't checked.
    std::uint64_t msr(std::uint32_t index) const {
        unknown_ = unknown_ || !capabilities_.msr_known(index);
        return capabilities_.msr(index);
    }

    bool read_memory(std::uint64_t physical_address, void* to, std::uint32_t bytes) const {
        const bool read = memory_ != nullptr && memory_->read(memory_->context, physical_address, to, bytes);
        unknown_ = unknown_ || !read;
        return read;
    }

    const arch::Capabilities& capabilities() const { return capabilities_; }

    // -- Controls; groups that are not activated count as 0 [SDM3 "VM-Execution Control Fields"] ----------------------

    arch::PinControls pin() const { return get(arch::vmcs::pin_controls); }
    arch::PrimaryControls primary() const { return get(arch::vmcs::primary_controls); }
    arch::SecondaryControls secondary() const {
        return primary().activate_secondary() ? get(arch::vmcs::secondary_controls) : arch::SecondaryControls{};
    }
    arch::TertiaryControls tertiary() const {
        return primary().activate_tertiary() ? get(arch::vmcs::tertiary_controls) : arch::TertiaryControls{};
    }
    arch::ExitControls exit() const { return get(arch::vmcs::exit_controls); }
    arch::SecondaryExitControls secondary_exit() const {
        return exit().activate_secondary_exit_controls() ? get(arch::vmcs::secondary_exit_controls)
                                                         : arch::SecondaryExitControls{};
    }
    arch::EntryControls entry() const { return get(arch::vmcs::entry_controls); }
    bool unrestricted() const { return secondary().unrestricted_guest(); }

    // -- The guest -----------------------------------------------------------------------------------------------------

    bool ia32e() const { return entry().ia32e_mode_guest(); }
    bool virtual_8086() const { return get(arch::vmcs::guest_rflags).vm(); }
    bool code_64() const { return ia32e() && get(arch::vmcs::guest_cs_access_rights).l(); }
    bool pae_paging() const { return get(arch::vmcs::guest_cr0).pg() && get(arch::vmcs::guest_cr4).pae() && !ia32e(); }
    arch::InterruptionInformation injection() const { return get(arch::vmcs::entry_interruption_information); }

    // -- Addresses -----------------------------------------------------------------------------------------------------

    // Bits that a physical address can't have here: beyond MAXPHYADDR, and of alignment.
    std::uint64_t bad_physical_bits(std::uint64_t address, unsigned alignment_bits) const {
        const unsigned width = arch::VmxBasic{msr(arch::capability_msr::vmx_basic)}.physical_width_32()
                                   ? 32
                                   : capabilities_.physical_address_bits();
        return address & (~base::low_mask(width) | base::low_mask(alignment_bits));
    }
    // A MOV to CR3 counts with MAXPHYADDR alone.
    std::uint64_t beyond_width(std::uint64_t address) const {
        return address & ~base::low_mask(capabilities_.physical_address_bits());
    }
    bool canonical(std::uint64_t address) const {
        return base::is_canonical(address, capabilities_.linear_address_bits());
    }

    // -- Was everything known that the last rule read? -----------------------------------------------------------------

    void begin_rule() const { unknown_ = false; }
    bool unknown() const { return unknown_; }

private:
    VmcsView vmcs_;
    const arch::Capabilities& capabilities_;
    const MemoryReader* memory_;
    mutable bool unknown_ = false;
};

} // namespace nadir::check
