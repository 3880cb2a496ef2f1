// SPDX-License-Identifier: MIT OR GPL-2.0-only
// VMCSs that a processor would enter, one per mode of the guest, to break one thing of at a time.
#pragma once

#include "check/entry/vmcs_view.h"
#include "tests/unit/check/example_processor.h"

namespace nadir::test {

using check::VmcsImage;

// A processor that allows every control, so that each rule can be reached.
constexpr arch::Capabilities generous_processor() {
    arch::Capabilities caps = example_processor();
    for (const std::uint32_t index :
         {msr::vmx_pin, msr::vmx_primary, msr::vmx_exit, msr::vmx_entry, msr::vmx_true_pin, msr::vmx_true_primary,
          msr::vmx_true_exit, msr::vmx_true_entry, msr::vmx_secondary}) {
        set_msr_bits(caps, index, 0xFFFF'FFFFull << 32);
    }
    caps.set_msr(msr::vmx_tertiary, ~0ull);
    caps.set_msr(msr::vmx_secondary_exit, ~0ull);
    caps.set_msr(msr::vmx_cr4_fixed1, 0xFFFF'FFFF);
    caps.leaf_7.ebx |= 1u << 2 | 1u << 11; // SGX, RTM
    caps.leaf_a = {0x07300404, 0, 0, 0x603};
    return caps;
}

inline VmcsImage vmcs_64() {
    using namespace arch;
    VmcsImage image;
    for (const VmcsFieldInfo& field : vmcs_fields) {
        image.set(field.encoding.value, 0);
    }
    image.set(vmcs::pin_controls, PinControls{0x16});
    image.set(vmcs::primary_controls,
              PrimaryControls{0x04006172}.set_use_msr_bitmaps(true).set_activate_secondary(true));
    image.set(vmcs::secondary_controls, SecondaryControls{}.set_enable_ept(true).set_enable_vpid(true));
    image.set(vmcs::exit_controls, ExitControls{0x36DFB}
                                       .set_save_debug_controls(true)
                                       .set_host_address_space_size(true)
                                       .set_save_pat(true)
                                       .set_load_pat(true)
                                       .set_save_efer(true)
                                       .set_load_efer(true));
    image.set(
        vmcs::entry_controls,
        EntryControls{0x11FB}.set_load_debug_controls(true).set_ia32e_mode_guest(true).set_load_pat(true).set_load_efer(
            true));
    image.set(vmcs::vpid, std::uint16_t{1});
    image.set(vmcs::eptp.encoding, 0x5000 | 3 << 3 | 6);
    image.set(vmcs::msr_bitmap, std::uint64_t{0x6000});
    image.set(vmcs::link_pointer, ~std::uint64_t{0});

    image.set(vmcs::guest_cr0, Cr0{0x80050033});
    image.set(vmcs::guest_cr3, Cr3{0x1000});
    image.set(vmcs::guest_cr4, Cr4{0x2020});
    image.set(vmcs::guest_efer, Efer{0xD01});
    image.set(vmcs::guest_pat, Pat{Pat::initial});
    image.set(vmcs::guest_dr7, Dr7{0x400});
    image.set(vmcs::guest_rflags, Rflags{0x202});
    image.set(vmcs::guest_rip, std::uint64_t{0xFFFF'8000'0010'0000});
    image.set(vmcs::guest_cs_selector, Selector{0x10});
    image.set(vmcs::guest_cs_limit, 0xFFFF'FFFFu);
    image.set(vmcs::guest_cs_access_rights, AccessRights{0xA09B});
    image.set(vmcs::guest_ss_selector, Selector{0x18});
    image.set(vmcs::guest_ss_limit, 0xFFFF'FFFFu);
    image.set(vmcs::guest_ss_access_rights, AccessRights{0xC093});
    for (const auto rights : {vmcs::guest_es_access_rights, vmcs::guest_ds_access_rights, vmcs::guest_fs_access_rights,
                              vmcs::guest_gs_access_rights}) {
        image.set(rights, AccessRights{0xC093});
        image.set(rights.encoding - 0x14, 0xFFFF'FFFF); // its limit
    }
    image.set(vmcs::guest_tr_selector, Selector{0x40});
    image.set(vmcs::guest_tr_limit, 0x67u);
    image.set(vmcs::guest_tr_access_rights, AccessRights{0x8B});
    image.set(vmcs::guest_ldtr_access_rights, AccessRights::none());

    image.set(vmcs::host_cr0, Cr0{0x80050033});
    image.set(vmcs::host_cr3, Cr3{0x2000});
    image.set(vmcs::host_cr4, Cr4{0x2020});
    image.set(vmcs::host_efer, Efer{0xD01});
    image.set(vmcs::host_pat, Pat{Pat::initial});
    image.set(vmcs::host_cs_selector, Selector{0x10});
    image.set(vmcs::host_ss_selector, Selector{0x18});
    image.set(vmcs::host_tr_selector, Selector{0x40});
    image.set(vmcs::host_rip, std::uint64_t{0xFFFF'8000'0020'0000});
    return image;
}

inline void make_unrestricted(VmcsImage& image) {
    image.set(arch::vmcs::secondary_controls, image.get(arch::vmcs::secondary_controls).set_unrestricted_guest(true));
}

inline VmcsImage vmcs_compatibility() {
    VmcsImage image = vmcs_64();
    image.set(arch::vmcs::guest_cs_access_rights, arch::AccessRights{0xC09B});
    image.set(arch::vmcs::guest_rip, std::uint64_t{0x40'1000});
    return image;
}

// 32-bit protected mode with PAE paging.
inline VmcsImage vmcs_pae() {
    VmcsImage image = vmcs_compatibility();
    image.set(arch::vmcs::entry_controls, image.get(arch::vmcs::entry_controls).set_ia32e_mode_guest(false));
    image.set(arch::vmcs::guest_efer, arch::Efer{0x800});
    image.set(arch::vmcs::guest_pdpte0.encoding, 0x7001);
    return image;
}

inline VmcsImage vmcs_virtual_8086() {
    VmcsImage image = vmcs_pae();
    image.set(arch::vmcs::guest_rflags, arch::Rflags{0x20202});
    for (std::uint32_t segment = 0; segment < 6; ++segment) {
        image.set(arch::vmcs::guest_es_selector.encoding + 2 * segment, 0x1234);
        image.set(arch::vmcs::guest_es_base.encoding + 2 * segment, 0x12340);
        image.set(arch::vmcs::guest_es_limit.encoding + 2 * segment, 0xFFFF);
        image.set(arch::vmcs::guest_es_access_rights.encoding + 2 * segment, 0xF3);
    }
    return image;
}

// Real mode, as an unrestricted guest.
inline VmcsImage vmcs_real() {
    VmcsImage image = vmcs_pae();
    make_unrestricted(image);
    image.set(arch::vmcs::guest_cr0, arch::Cr0{0x30});
    image.set(arch::vmcs::guest_cr4, arch::Cr4{0x2000});
    image.set(arch::vmcs::guest_efer, arch::Efer{0});
    image.set(arch::vmcs::guest_cs_selector, arch::Selector{0xF000});
    image.set(arch::vmcs::guest_cs_base, std::uint64_t{0xF0000});
    for (std::uint32_t segment = 0; segment < 6; ++segment) {
        image.set(arch::vmcs::guest_es_limit.encoding + 2 * segment, 0xFFFF);
        image.set(arch::vmcs::guest_es_access_rights.encoding + 2 * segment, 0x93);
    }
    image.set(arch::vmcs::guest_rip, std::uint64_t{0xFFF0});
    return image;
}

inline void run_at_cpl_3(VmcsImage& image) {
    image.set(arch::vmcs::guest_cs_selector, arch::Selector{0x33});
    image.set(arch::vmcs::guest_cs_access_rights, arch::AccessRights{0xA0FB});
    image.set(arch::vmcs::guest_ss_selector, arch::Selector{0x2B});
    image.set(arch::vmcs::guest_ss_access_rights, arch::AccessRights{0xC0F3});
}

inline VmcsImage vmcs_halted() {
    VmcsImage image = vmcs_64();
    image.set(arch::vmcs::guest_activity_state.encoding, 1);
    return image;
}

inline VmcsImage vmcs_wait_for_sipi() {
    VmcsImage image = vmcs_real();
    image.set(arch::vmcs::guest_activity_state.encoding, 3);
    return image;
}

} // namespace nadir::test
