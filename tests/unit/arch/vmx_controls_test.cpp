// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/msr/feature_control.h"
#include "arch/msr/vmx_capabilities.h"
#include "arch/vmx/controls.h"

#include <gtest/gtest.h>

namespace {

using namespace nadir::arch;

// The reserved bits of the default1 class are the class without its named bits.
template <typename Controls>
constexpr bool default1_agrees() {
    return (Controls::default1_mask & Controls::reserved_mask) == Controls::reserved_ones;
}
static_assert(default1_agrees<PinControls>() && default1_agrees<PrimaryControls>());
static_assert(default1_agrees<ExitControls>() && default1_agrees<EntryControls>());
static_assert((PrimaryControls::default1_mask & PrimaryControls::fields_mask) ==
              (PrimaryControls::cr3_load_exiting_mask | PrimaryControls::cr3_store_exiting_mask));
static_assert((ExitControls::default1_mask & ExitControls::fields_mask) == ExitControls::save_debug_controls_mask);
static_assert((EntryControls::default1_mask & EntryControls::fields_mask) == EntryControls::load_debug_controls_mask);

static_assert(PinControls::posted_interrupts_mask == 0x80 && PinControls::preemption_timer_mask == 0x40);
static_assert(PrimaryControls::use_msr_bitmaps_mask == 0x10000000);
static_assert(PrimaryControls::activate_secondary_mask == 0x80000000);
static_assert(SecondaryControls::enable_ept_mask == 2 && SecondaryControls::enable_vpid_mask == 0x20);
static_assert(SecondaryControls::unrestricted_guest_mask == 0x80 && SecondaryControls::enable_rdtscp_mask == 8);
static_assert(SecondaryControls::enable_invpcid_mask == 0x1000 && SecondaryControls::enable_xsaves_mask == 0x100000);
static_assert(ExitControls::host_address_space_size_mask == 0x200 && ExitControls::load_cet_state_mask == 0x10000000);
static_assert(EntryControls::ia32e_mode_guest_mask == 0x200 && EntryControls::load_fred_mask == 0x800000);
static_assert(std::is_same_v<TertiaryControls::integer_type, std::uint64_t>);

// Capability MSRs as the emulator's tigerlake has them.
TEST(VmxCapabilities, Basic) {
    constexpr VmxBasic basic{0x00DA040000000004};
    EXPECT_EQ(basic.revision_identifier(), 4u);
    EXPECT_EQ(basic.region_size(), 1024);
    EXPECT_FALSE(basic.physical_width_32());
    EXPECT_EQ(basic.memory_type(), MemoryType::write_back);
    EXPECT_TRUE(basic.true_controls() && basic.ins_outs_reporting());
    EXPECT_FALSE(VmxBasic{0x80000000}.revision_identifier() != 0) << "bit 31 is not part of the identifier";
}

TEST(VmxCapabilities, Controls) {
    constexpr VmxControlCapability pin{0x0000003F00000016};
    EXPECT_EQ(pin.allowed0(), 0x16u);
    EXPECT_EQ(pin.allowed1(), 0x3Fu);
    EXPECT_TRUE(pin.permits(0x16));
    EXPECT_TRUE(pin.permits(0x16 | PinControls::nmi_exiting_mask));
    EXPECT_FALSE(pin.permits(0x16 | PinControls::preemption_timer_mask));
    EXPECT_FALSE(pin.permits(0x14));
    EXPECT_TRUE(pin.may_be_one(PinControls::virtual_nmis_mask));
    EXPECT_FALSE(pin.may_be_zero(0x2));
    EXPECT_TRUE(pin.may_be_zero(PinControls::nmi_exiting_mask));
    EXPECT_TRUE(VmxControlCapability64{0x10}.permits(0x10));
    EXPECT_FALSE(VmxControlCapability64{0x10}.permits(0x11));
}

TEST(VmxCapabilities, FixedBitsAreSixtyFourBitsWide) {
    constexpr VmxFixedBits cr0{0x80000021, 0xFFFFFFFF};
    EXPECT_TRUE(cr0.permits(0x80050033));
    EXPECT_FALSE(cr0.permits(0x00050033));
    EXPECT_FALSE(cr0.permits(0x180050033));
    EXPECT_EQ(cr0.apply(0x10), 0x80000031u);
    EXPECT_EQ(cr0.must_be_zero(), 0xFFFFFFFF00000000u);
    constexpr VmxFixedBits cr4{0x2000, 0x1003767FF}; // FRED is allowed: a bit above 31
    EXPECT_TRUE(cr4.permits(0x100002000));
    EXPECT_FALSE(cr4.permits(0));
}

TEST(VmxCapabilities, EptAndVpid) {
    constexpr VmxEptVpidCapability capability{0x00000F0106734141};
    EXPECT_TRUE(capability.execute_only() && capability.walk_length_4() && capability.memory_type_wb());
    EXPECT_TRUE(capability.memory_type_uc() && capability.page_2m() && capability.page_1g() && capability.invept());
    EXPECT_TRUE(capability.accessed_dirty() && capability.advanced_violation_information());
    EXPECT_FALSE(capability.walk_length_5() || capability.supervisor_shadow_stack());
    EXPECT_TRUE(capability.invept_single_context() && capability.invept_all_context() && capability.invvpid());
    EXPECT_TRUE(capability.invvpid_individual_address() && capability.invvpid_single_context());
    EXPECT_TRUE(capability.invvpid_all_context() && capability.invvpid_single_retaining_globals());
}

TEST(VmxCapabilities, Misc) {
    constexpr VmxMisc misc{0x000000002004C1E7};
    EXPECT_EQ(misc.preemption_timer_shift(), 7);
    EXPECT_TRUE(misc.store_lma() && misc.activity_hlt() && misc.activity_shutdown() && misc.activity_wait_for_sipi());
    EXPECT_TRUE(misc.pt_in_vmx() && misc.smbase_in_smm() && misc.vmwrite_any_field());
    EXPECT_EQ(misc.cr3_target_count(), 4);
    EXPECT_EQ(misc.maximum_msr_list(), 512u);
    EXPECT_EQ(VmxMisc{7 << 25}.maximum_msr_list(), 4096u);
    EXPECT_EQ(VmxVmcsEnum{0x2E}.highest_index(), 0x17);
}

TEST(FeatureControl, WhetherVmxonIsForbidden) {
    EXPECT_FALSE(FeatureControl{0}.forbids_vmxon()) << "unlocked: it can be set";
    EXPECT_TRUE(FeatureControl{1}.forbids_vmxon());
    EXPECT_TRUE(FeatureControl{3}.forbids_vmxon()) << "inside SMX only";
    EXPECT_FALSE(FeatureControl{5}.forbids_vmxon());
    EXPECT_TRUE(FeatureControl{0x100000}.lmce());
    EXPECT_EQ(FeatureControl{0x7F00}.senter_local(), 0x7F);
}

} // namespace
