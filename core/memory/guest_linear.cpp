// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/memory/guest_linear.h"

#include <initializer_list>

#include "arch/vmx/fields.h"
#include "cpu/vmx.h"

namespace nadir::core {

using namespace arch;
using cpu::vmread;

namespace {

GuestPaging::Mode mode_of(Cr0 cr0, Cr4 cr4, Efer efer) {
    if (!cr0.pg()) {
        return GuestPaging::Mode::none;
    }
    if (!cr4.pae()) {
        return GuestPaging::Mode::two_levels;
    }
    if (!efer.lma()) {
        return GuestPaging::Mode::pae;
    }
    return cr4.la57() ? GuestPaging::Mode::five_levels : GuestPaging::Mode::four_levels;
}

} // namespace

GuestPaging guest_paging(const Vcpu& vcpu) {
    const Capabilities& capabilities = vcpu.place.vmm->capabilities;
    const Cr0 cr0 = vmread(vmcs::guest_cr0);
    const Cr4 cr4 = vmread(vmcs::guest_cr4);
    const Efer efer = vmread(vmcs::guest_efer);
    GuestPaging paging{};
    paging.mode = mode_of(cr0, cr4, efer);
    paging.root = vmread(vmcs::guest_cr3).page_table_base();
    if (paging.mode == GuestPaging::Mode::pae) {
        paging.pdpte[0] = vmread(vmcs::guest_pdpte0);
        paging.pdpte[1] = vmread(vmcs::guest_pdpte1);
        paging.pdpte[2] = vmread(vmcs::guest_pdpte2);
        paging.pdpte[3] = vmread(vmcs::guest_pdpte3);
    }
    paging.write_protect = cr0.wp();
    paging.large_4m = cr4.pse();
    paging.large_1g = capabilities.page_1g();
    paging.execute_disable = efer.nxe();
    paging.smap = cr4.smap();
    paging.physical_bits = capabilities.physical_address_bits();
    return paging;
}

bool read_pdptes(const Vcpu& vcpu, Cr3 cr3, PaePdpte (&entries)[4]) {
    const GuestMemory memory{vcpu};
    const unsigned physical_bits = vcpu.place.vmm->capabilities.physical_address_bits();
    bool good = true;
    for (unsigned i = 0; i < 4; ++i) {
        entries[i] = PaePdpte{memory.read_entry(cr3.pae_table_base() + i * sizeof(uint64_t), sizeof(uint64_t))};
        const bool beyond = (entries[i].address() >> physical_bits) != 0;
        good = good && (!entries[i].present() || (entries[i].reserved_valid() && !beyond));
    }
    return good;
}

template <typename Use>
MaybeFault GuestLinear::for_each_page(uint32_t linear, uint32_t bytes, GuestAccess access, Use use) const {
    for (uint32_t done = 0; done < bytes;) {
        const uint32_t at = linear + done;
        const uint32_t left_in_page = static_cast<uint32_t>(page_size_4k) - at % static_cast<uint32_t>(page_size_4k);
        const uint32_t piece = left_in_page < bytes - done ? left_in_page : bytes - done;
        const GuestTranslation translation = walk_guest(paging_, at, access, memory_);
        if (!translation.mapped) {
            return GuestFault{Vector::page_fault, translation.fault.value, at};
        }
        use(translation.physical, piece, done);
        done += piece;
    }
    return std::nullopt;
}

MaybeFault GuestLinear::read(uint32_t linear, void* to, uint32_t bytes, GuestAccess access) const {
    return for_each_page(linear, bytes, access, [&](uint64_t physical, uint32_t piece, uint32_t done) {
        memory_.read(physical, static_cast<uint8_t*>(to) + done, piece);
    });
}

MaybeFault GuestLinear::write(uint32_t linear, const void* from, uint32_t bytes, GuestAccess access) const {
    return for_each_page(linear, bytes, access, [&](uint64_t physical, uint32_t piece, uint32_t done) {
        memory_.write(physical, static_cast<const uint8_t*>(from) + done, piece);
    });
}

MaybeFault GuestLinear::reachable(uint32_t linear, uint32_t bytes, GuestAccess access) const {
    for (const uint32_t at : {linear, linear + bytes - 1}) {
        const GuestTranslation translation = walk_guest(paging_, at, access, memory_);
        if (!translation.mapped) {
            return GuestFault{Vector::page_fault, translation.fault.value, at};
        }
    }
    return std::nullopt;
}

MaybeFault GuestLinear::set_bits(uint32_t linear, uint8_t bits) const {
    return for_each_page(linear, 1, system_write,
                         [&](uint64_t physical, uint32_t, uint32_t) { memory_.set_bits(physical, bits); });
}

MaybeFault GuestLinear::clear_bits(uint32_t linear, uint8_t bits) const {
    return for_each_page(linear, 1, system_write,
                         [&](uint64_t physical, uint32_t, uint32_t) { memory_.clear_bits(physical, bits); });
}

} // namespace nadir::core
