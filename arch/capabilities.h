// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What one logical processor says about itself: the raw facts that decide whether Nadir can run on it and which VMX
// controls it offers. Plain data, so that it crosses from the kernel to a program, or comes out of a file, as it is.
//
// A fact may be unknown: a program in user mode sees CPUID but neither control registers nor, often, MSRs. So each MSR
// has a "known" bit, and nothing here guesses.
#pragma once

#include <cstdint>
#include <type_traits>

namespace nadir::arch {

// The four registers that a CPUID leaf returns.
struct CpuidRegisters {
    std::uint32_t eax;
    std::uint32_t ebx;
    std::uint32_t ecx;
    std::uint32_t edx;

    friend constexpr bool operator==(const CpuidRegisters&, const CpuidRegisters&) = default;
};

// What a group of VMX controls may be. The SDM calls the two halves "allowed 0-settings" (a bit that is 1 there must be
// 1) and "allowed 1-settings" (a bit that is 0 there must be 0); the names say what follows from them.
// [SDM3 "Reserved Controls and Default Settings"]
struct ControlBounds {
    std::uint64_t must_be_one = 0;
    std::uint64_t may_be_one = 0;

    // May every bit of `bits` be 1?
    constexpr bool allows(std::uint64_t bits) const { return (may_be_one & bits) == bits; }
    // Is a bit of `bits` forced to 1?
    constexpr bool forces(std::uint64_t bits) const { return (must_be_one & bits) != 0; }
    // Would VM entry accept this setting?
    constexpr bool accepts(std::uint64_t value) const {
        return (value & must_be_one) == must_be_one && (value & ~may_be_one) == 0;
    }

    friend constexpr bool operator==(const ControlBounds&, const ControlBounds&) = default;
};

// The MSRs that Capabilities holds, by index. IA32_VMX_BASIC (480H) to IA32_VMX_EXIT_CTLS2 (493H) are consecutive.
// [SDM3 "VMX Capability Reporting Facility"]
namespace capability_msr {
inline constexpr std::uint32_t feature_control = 0x3A;
inline constexpr std::uint32_t mtrr_cap = 0xFE;
inline constexpr std::uint32_t vmx_basic = 0x480;
inline constexpr std::uint32_t vmx_pin = 0x481;
inline constexpr std::uint32_t vmx_primary = 0x482;
inline constexpr std::uint32_t vmx_exit = 0x483;
inline constexpr std::uint32_t vmx_entry = 0x484;
inline constexpr std::uint32_t vmx_misc = 0x485;
inline constexpr std::uint32_t vmx_cr0_fixed0 = 0x486;
inline constexpr std::uint32_t vmx_cr0_fixed1 = 0x487;
inline constexpr std::uint32_t vmx_cr4_fixed0 = 0x488;
inline constexpr std::uint32_t vmx_cr4_fixed1 = 0x489;
inline constexpr std::uint32_t vmx_vmcs_enum = 0x48A;
inline constexpr std::uint32_t vmx_secondary = 0x48B;
inline constexpr std::uint32_t vmx_ept_vpid = 0x48C;
inline constexpr std::uint32_t vmx_true_pin = 0x48D;
inline constexpr std::uint32_t vmx_true_primary = 0x48E;
inline constexpr std::uint32_t vmx_true_exit = 0x48F;
inline constexpr std::uint32_t vmx_true_entry = 0x490;
inline constexpr std::uint32_t vmx_vm_functions = 0x491;
inline constexpr std::uint32_t vmx_tertiary = 0x492;
inline constexpr std::uint32_t vmx_secondary_exit = 0x493;
inline constexpr std::uint32_t efer = 0xC0000080;

// Each has a slot in Capabilities: 480H + n in slot n, then the three others.
inline constexpr std::uint32_t slots = 23;
inline constexpr std::uint32_t no_slot = slots;

constexpr std::uint32_t slot_of(std::uint32_t index) {
    if (index >= vmx_basic && index <= vmx_secondary_exit) {
        return index - vmx_basic;
    }
    return index == feature_control ? 20 : index == mtrr_cap ? 21 : index == efer ? 22 : no_slot;
}

constexpr std::uint32_t index_of(std::uint32_t slot) {
    return slot < 20 ? vmx_basic + slot : slot == 20 ? feature_control : slot == 21 ? mtrr_cap : efer;
}
} // namespace capability_msr

struct Capabilities {
    static constexpr std::uint32_t current_layout = 1;

    std::uint32_t layout;                // current_layout; anything else: not filled, or by another version
    std::uint32_t has_control_registers; // 1: cr0 and cr4 are what the processor has; 0: unknown (user mode)
    std::uint32_t known_msrs;            // bit n: msr_values[n] was read
    std::uint32_t reserved;

    // A leaf that the processor doesn't have is all zeroes.
    CpuidRegisters leaf_0;        // highest basic leaf, vendor
    CpuidRegisters leaf_1;        // version, feature bits
    CpuidRegisters leaf_7;        // structured extended feature flags, sub-leaf 0
    CpuidRegisters leaf_7_1;      // sub-leaf 1
    CpuidRegisters leaf_a;        // architectural performance monitoring
    CpuidRegisters leaf_d;        // XSAVE, sub-leaf 0
    CpuidRegisters leaf_d_1;      // sub-leaf 1
    CpuidRegisters leaf_40000000; // the hypervisor's name, when leaf_1 announces one
    CpuidRegisters leaf_80000000;
    CpuidRegisters leaf_80000001;
    CpuidRegisters leaf_80000007;
    CpuidRegisters leaf_80000008; // address widths

    std::uint64_t cr0;
    std::uint64_t cr4;
    std::uint64_t msr_values[capability_msr::slots];

    constexpr bool valid() const { return layout == current_layout; }

    // -- MSRs ---------------------------------------------------------------------------------------------------------

    constexpr bool msr_known(std::uint32_t index) const {
        const std::uint32_t slot = capability_msr::slot_of(index);
        return slot != capability_msr::no_slot && ((known_msrs >> slot) & 1) != 0;
    }

    // 0 when unknown.
    constexpr std::uint64_t msr(std::uint32_t index) const {
        return msr_known(index) ? msr_values[capability_msr::slot_of(index)] : 0;
    }

    constexpr void set_msr(std::uint32_t index, std::uint64_t value) {
        const std::uint32_t slot = capability_msr::slot_of(index);
        if (slot != capability_msr::no_slot) {
            msr_values[slot] = value;
            known_msrs |= 1u << slot;
        }
    }

    constexpr void forget_msr(std::uint32_t index) {
        const std::uint32_t slot = capability_msr::slot_of(index);
        if (slot != capability_msr::no_slot) {
            msr_values[slot] = 0;
            known_msrs &= ~(1u << slot);
        }
    }

    // -- CPUID --------------------------------------------------------------------------------------------------------

    constexpr bool genuine_intel() const {
        return leaf_0.ebx == 0x756E6547 && leaf_0.edx == 0x49656E69 && leaf_0.ecx == 0x6C65746E;
    }
    // AuthenticAMD or HygonGenuine: SVM in place of VMX, whether it shows or not.
    constexpr bool amd() const { return leaf_0.ebx == 0x68747541 || leaf_0.ebx == 0x6F677948 || svm(); }
    constexpr bool vmx() const { return bit(leaf_1.ecx, 5); }
    constexpr bool smx() const { return bit(leaf_1.ecx, 6); }
    constexpr bool pcid() const { return bit(leaf_1.ecx, 17); }
    constexpr bool xsave() const { return bit(leaf_1.ecx, 26); }
    constexpr bool hypervisor_present() const { return bit(leaf_1.ecx, 31); }
    constexpr bool mtrr() const { return bit(leaf_1.edx, 12); }
    constexpr bool pat() const { return bit(leaf_1.edx, 16); }
    constexpr bool svm() const { return bit(leaf_80000001.ecx, 2); }
    constexpr bool execute_disable() const { return bit(leaf_80000001.edx, 20); }
    constexpr bool page_1g() const { return bit(leaf_80000001.edx, 26); }
    constexpr bool rdtscp() const { return bit(leaf_80000001.edx, 27); }
    constexpr bool long_mode() const { return bit(leaf_80000001.edx, 29); }
    constexpr bool invpcid() const { return bit(leaf_7.ebx, 10); }
    constexpr bool processor_trace() const { return bit(leaf_7.ebx, 25); }
    constexpr bool cet_ss() const { return bit(leaf_7.ecx, 7); }
    constexpr bool cet_ibt() const { return bit(leaf_7.edx, 20); }
    constexpr bool la57() const { return bit(leaf_7.ecx, 16); }
    constexpr bool waitpkg() const { return bit(leaf_7.ecx, 5); }
    constexpr bool enqcmd() const { return bit(leaf_7.ecx, 29); }
    constexpr bool pks() const { return bit(leaf_7.ecx, 31); }
    constexpr bool uintr() const { return bit(leaf_7.edx, 5); }
    constexpr bool pconfig() const { return bit(leaf_7.edx, 18); }
    constexpr bool lam() const { return bit(leaf_7_1.eax, 26); }
    constexpr bool fred() const { return bit(leaf_7_1.eax, 17); }
    constexpr bool xsaves() const { return bit(leaf_d_1.eax, 3); }

    // MAXPHYADDR [SDM3 "Enumeration of Paging Features by CPUID"]; without the leaf: 36 where PAE exists (it does).
    constexpr std::uint32_t physical_address_bits() const {
        const std::uint32_t bits = leaf_80000008.eax & 0xFF;
        return bits != 0 ? bits : 36;
    }
    constexpr std::uint32_t linear_address_bits() const {
        const std::uint32_t bits = (leaf_80000008.eax >> 8) & 0xFF;
        return bits != 0 ? bits : 48;
    }

    // -- VMX ----------------------------------------------------------------------------------------------------------
    // Each answer is empty (nothing allowed) when the MSR behind it is unknown or doesn't exist.

    constexpr std::uint64_t basic() const { return msr(capability_msr::vmx_basic); }
    constexpr std::uint32_t vmcs_revision() const { return static_cast<std::uint32_t>(basic() & 0x7FFF'FFFF); }
    constexpr std::uint32_t vmcs_bytes() const { return static_cast<std::uint32_t>((basic() >> 32) & 0x1FFF); }
    // IA32_VMX_BASIC[55]: the TRUE capability MSRs exist, and more controls may be 0.
    constexpr bool true_controls() const { return bit(basic(), 55); }

    constexpr ControlBounds pin() const {
        return bounds(true_controls() ? capability_msr::vmx_true_pin : capability_msr::vmx_pin);
    }
    constexpr ControlBounds primary() const {
        return bounds(true_controls() ? capability_msr::vmx_true_primary : capability_msr::vmx_primary);
    }
    constexpr ControlBounds exit() const {
        return bounds(true_controls() ? capability_msr::vmx_true_exit : capability_msr::vmx_exit);
    }
    constexpr ControlBounds entry() const {
        return bounds(true_controls() ? capability_msr::vmx_true_entry : capability_msr::vmx_entry);
    }
    constexpr ControlBounds secondary() const { return bounds(capability_msr::vmx_secondary); }
    // These two are 64 bits wide and have allowed 1-settings only.
    constexpr ControlBounds tertiary() const { return {0, msr(capability_msr::vmx_tertiary)}; }
    constexpr ControlBounds secondary_exit() const { return {0, msr(capability_msr::vmx_secondary_exit)}; }

    // May "activate secondary controls" (and its kin) be 1? The bits are the same in the TRUE MSRs.
    constexpr bool secondary_available() const { return bounds(capability_msr::vmx_primary).allows(1u << 31); }
    constexpr bool tertiary_available() const { return bounds(capability_msr::vmx_primary).allows(1u << 17); }
    constexpr bool secondary_exit_available() const { return bounds(capability_msr::vmx_exit).allows(1u << 31); }
    constexpr bool ept_available() const { return secondary().allows(1u << 1); }
    constexpr bool vpid_available() const { return secondary().allows(1u << 5); }
    constexpr bool vm_functions_available() const { return secondary().allows(1u << 13); }

private:
    static constexpr bool bit(std::uint64_t value, unsigned position) { return ((value >> position) & 1) != 0; }

    constexpr ControlBounds bounds(std::uint32_t index) const {
        const std::uint64_t value = msr(index);
        return {value & 0xFFFF'FFFF, value >> 32};
    }
};

static_assert(std::is_standard_layout_v<Capabilities> && std::is_trivial_v<Capabilities>);
static_assert(sizeof(Capabilities) <= 1024, "it has to fit NADIR_CAPABILITIES_BYTES of control/control.h");
static_assert(sizeof(Capabilities) == 16 + 12 * 16 + 16 + capability_msr::slots * 8, "no padding: it goes into files");

} // namespace nadir::arch
