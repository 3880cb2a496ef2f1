// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Against literal values: what real systems have in these registers.
#include "arch/control_registers.h"
#include "arch/debug_registers.h"
#include "arch/msr/efer.h"
#include "arch/rflags.h"

#include <gtest/gtest.h>

namespace {

using namespace nadir::arch;

TEST(ControlRegisters, Cr0OfARunningSystem) {
    constexpr Cr0 cr0{0x80050033};
    EXPECT_TRUE(cr0.pe() && cr0.mp() && cr0.et() && cr0.ne() && cr0.wp() && cr0.am() && cr0.pg());
    EXPECT_FALSE(cr0.em() || cr0.ts() || cr0.nw() || cr0.cd());
    EXPECT_TRUE(cr0.valid());
    EXPECT_TRUE(Cr0{0x60000010}.cd() && Cr0{0x60000010}.nw()); // after reset
    EXPECT_FALSE(Cr0{std::uint64_t{1} << 32}.valid());
    EXPECT_FALSE(Cr0{1 << 6}.valid());
    static_assert(Cr0::pg_mask == 0x80000000 && Cr0::ne_mask == 0x20 && Cr0::cd_mask == 0x40000000);
}

TEST(ControlRegisters, Cr3) {
    constexpr Cr3 cr3{0x8000000123456005};
    EXPECT_EQ(cr3.pcid(), 5);
    EXPECT_EQ(cr3.page_table_base(), 0x123456000u);
    EXPECT_TRUE(cr3.no_flush());
    EXPECT_EQ(cr3.lam(), 0u);
    EXPECT_EQ(Cr3{std::uint64_t{1} << 61}.lam(), 1u);
    EXPECT_EQ(Cr3{std::uint64_t{1} << 62}.lam(), 2u);
    EXPECT_EQ(Cr3{std::uint64_t{3} << 61}.lam(), 1u);
    EXPECT_TRUE(Cr3{8}.pwt());
    EXPECT_TRUE(Cr3{16}.pcd());
    EXPECT_EQ(Cr3{0x123456E7}.pae_table_base(), 0x123456E0u);
    EXPECT_FALSE(Cr3{std::uint64_t{1} << 52}.valid());
}

TEST(ControlRegisters, Cr4OfARunningSystem) {
    constexpr Cr4 cr4{0x3726F0};
    EXPECT_TRUE(cr4.pse() && cr4.pae() && cr4.mce() && cr4.pge() && cr4.osfxsr() && cr4.osxmmexcpt());
    EXPECT_TRUE(cr4.vmxe() && cr4.fsgsbase() && cr4.pcide() && cr4.osxsave() && cr4.smep() && cr4.smap());
    EXPECT_FALSE(cr4.umip() || cr4.la57() || cr4.smxe() || cr4.pce() || cr4.cet());
    EXPECT_TRUE(cr4.valid());
    static_assert(Cr4::vmxe_mask == 0x2000 && Cr4::la57_mask == 0x1000 && Cr4::umip_mask == 0x800);
    static_assert(Cr4::fred_mask == 0x100000000 && Cr4::uintr_mask == 0x2000000 && Cr4::lam_sup_mask == 0x10000000);
    for (const unsigned reserved : {15u, 26u, 29u, 31u, 33u, 63u}) {
        EXPECT_FALSE(Cr4{std::uint64_t{1} << reserved}.valid()) << reserved;
    }
}

TEST(ControlRegisters, Xcr0AndCr8) {
    EXPECT_TRUE(Xcr0{0xE7}.hi16_zmm() && Xcr0{0xE7}.avx() && !Xcr0{0xE7}.bndregs());
    EXPECT_TRUE(Xcr0{0x60000}.tilecfg() && Xcr0{0x60000}.tiledata());
    EXPECT_FALSE(Xcr0{0x100}.valid()); // Processor Trace state belongs to IA32_XSS
    EXPECT_EQ(Cr8{0xF}.tpl(), 15);
    EXPECT_FALSE(Cr8{0x10}.valid());
}

TEST(ControlRegisters, Efer) {
    constexpr Efer efer{0xD01};
    EXPECT_TRUE(efer.sce() && efer.lme() && efer.lma() && efer.nxe() && efer.valid());
    EXPECT_FALSE(Efer{2}.valid());
}

TEST(Rflags, Bits) {
    constexpr Rflags flags{0x246};
    EXPECT_TRUE(flags.interrupt_enable() && flags.zf() && flags.pf() && flags.valid());
    EXPECT_FALSE(flags.cf() || flags.tf() || flags.vm());
    EXPECT_EQ(Rflags{0x3002}.iopl(), 3);
    EXPECT_FALSE(Rflags{0x200}.valid()) << "bit 1 is always 1";
    EXPECT_FALSE(Rflags{0x8002}.valid());
    EXPECT_FALSE(Rflags{0x400002}.valid());
}

TEST(DebugRegisters, AfterReset) {
    EXPECT_TRUE(Dr6{Dr6::initial}.valid());
    EXPECT_TRUE(Dr6{Dr6::initial}.no_bus_lock() && Dr6{Dr6::initial}.no_rtm());
    EXPECT_FALSE(Dr6{Dr6::initial}.bs());
    EXPECT_TRUE(Dr6{0xFFFF4FF0}.bs());
    EXPECT_TRUE(Dr7{Dr7::initial}.valid());
    EXPECT_FALSE(Dr7{0}.valid());
    EXPECT_FALSE(Dr7{0x100000400}.valid());
}

TEST(DebugRegisters, AWatchpoint) {
    constexpr Dr7 dr7 =
        Dr7{Dr7::initial}.set_l0(true).set_rw0(BreakpointCondition::write).set_len0(BreakpointLength::bytes_4);
    static_assert(dr7.value == 0x000D0401);
    EXPECT_EQ(Dr7{0xD0000000}.len3(), BreakpointLength::bytes_4);
    EXPECT_EQ(Dr7{0x10000000}.rw3(), BreakpointCondition::write);
    EXPECT_TRUE(Dr7{0x2000}.gd());
}

} // namespace
