// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Against CPUID values of real processors.
#include "arch/cpuid/leaf_0.h"
#include "arch/cpuid/leaf_1.h"
#include "arch/cpuid/leaf_14.h"
#include "arch/cpuid/leaf_5_6.h"
#include "arch/cpuid/leaf_7.h"
#include "arch/cpuid/leaf_7_1.h"
#include "arch/cpuid/leaf_80000000.h"
#include "arch/cpuid/leaf_a.h"
#include "arch/cpuid/leaf_b_1f.h"
#include "arch/cpuid/leaf_d.h"

#include <gtest/gtest.h>

#include <cstring>

namespace {

using namespace nadir::arch::cpuid;

TEST(Cpuid, Vendor) {
    char name[13]{};
    std::memcpy(name, &intel_ebx, 4);
    std::memcpy(name + 4, &intel_edx, 4);
    std::memcpy(name + 8, &intel_ecx, 4);
    EXPECT_STREQ(name, "GenuineIntel");
}

TEST(Cpuid, FamilyAndModel) {
    EXPECT_EQ(Leaf1Eax{0x000906EA}.display_family(), 6u); // Coffee Lake
    EXPECT_EQ(Leaf1Eax{0x000906EA}.display_model(), 0x9Eu);
    EXPECT_EQ(Leaf1Eax{0x000906EA}.stepping(), 10);
    EXPECT_EQ(Leaf1Eax{0x00000F41}.display_family(), 15u); // Prescott
    EXPECT_EQ(Leaf1Eax{0x00000F41}.display_model(), 4u);
    EXPECT_EQ(Leaf1Eax{0x00800F11}.display_family(), 23u); // family F plus extended
}

TEST(Cpuid, Leaf1) {
    constexpr Leaf1Ecx ecx{0x7FFAFBFF};
    EXPECT_TRUE(ecx.vmx() && ecx.smx() && ecx.x2apic() && ecx.xsave() && ecx.osxsave() && ecx.pcid() && ecx.rdrand());
    EXPECT_FALSE(ecx.hypervisor());
    EXPECT_TRUE(Leaf1Ecx{0x80000000}.hypervisor());
    EXPECT_TRUE(Leaf1Edx{0xBFEBFBFF}.mtrr() && Leaf1Edx{0xBFEBFBFF}.pat() && Leaf1Edx{0xBFEBFBFF}.htt());
    EXPECT_EQ(Leaf1Ebx{0x05100800}.apic_id(), 5);
    EXPECT_EQ(Leaf1Ebx{0x05100800}.clflush_size(), 8);
}

TEST(Cpuid, Leaf7) {
    static_assert(Leaf7Ebx::invpcid_mask == 0x400 && Leaf7Ebx::processor_trace_mask == 0x2000000);
    static_assert(Leaf7Ecx::waitpkg_mask == 0x20 && Leaf7Ecx::cet_ss_mask == 0x80 && Leaf7Ecx::la57_mask == 0x10000);
    static_assert(Leaf7Ecx::enqcmd_mask == 0x20000000 && Leaf7Ecx::pks_mask == 0x80000000);
    static_assert(Leaf7Edx::uintr_mask == 0x20 && Leaf7Edx::pconfig_mask == 0x40000);
    static_assert(Leaf7Edx::cet_ibt_mask == 0x100000);
    static_assert(Leaf7Edx::architectural_lbr_mask == 0x80000 && Leaf7Edx::arch_capabilities_mask == 0x20000000);
    static_assert(Leaf7Sub1Eax::fred_mask == 0x20000 && Leaf7Sub1Eax::lam_mask == 0x4000000);
    EXPECT_EQ(Leaf7Ecx{0x3F << 16}.mawau(), 0x1F);
}

TEST(Cpuid, OtherLeaves) {
    EXPECT_EQ(Leaf5Edx{0x11142120}.c1(), 2);
    EXPECT_TRUE(Leaf6Eax{0x27F7}.arat() && Leaf6Ecx{9}.aperf_mperf());
    EXPECT_EQ(LeafAEax{0x08300805}.version(), 5);
    EXPECT_EQ(LeafAEax{0x08300805}.counters(), 8);
    EXPECT_EQ(LeafAEdx{0x8604}.fixed_counters(), 4);
    EXPECT_EQ(LeafAEdx{0x8604}.fixed_width(), 48);
    EXPECT_TRUE(LeafDSub1Eax{0xF}.xsaves() && !LeafDSub1Eax{0xF}.xfd());
    EXPECT_TRUE(Leaf14Ecx{0x80000000}.lip());
    EXPECT_EQ(Leaf14Sub1Eax{0x02490002}.address_ranges(), 2);
    EXPECT_EQ(LeafTopologyEcx{0x201}.domain(), TopologyDomain::core);
    EXPECT_EQ(Leaf80000008Eax{0x3027}.physical_bits(), 39);
    EXPECT_EQ(Leaf80000008Eax{0x3027}.linear_bits(), 48);
    EXPECT_TRUE(Leaf80000001Edx{0x2C100800}.page_1g() && Leaf80000001Edx{0x2C100800}.rdtscp());
    EXPECT_TRUE(Leaf80000001Edx{0x2C100800}.lm() && Leaf80000001Edx{0x2C100800}.nx());
    EXPECT_TRUE(Leaf80000007Edx{0x100}.invariant_tsc());
}

} // namespace
