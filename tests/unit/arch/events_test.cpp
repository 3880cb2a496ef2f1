// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/exceptions.h"
#include "arch/vmx/interruption.h"

#include <gtest/gtest.h>

namespace {

using namespace nadir::arch;

TEST(Exceptions, ErrorCodes) {
    for (unsigned vector = 0; vector < 32; ++vector) {
        const bool expected = vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
        EXPECT_EQ(has_error_code(static_cast<Vector>(vector)), expected) << vector;
    }
}

TEST(Exceptions, Classes) {
    EXPECT_TRUE(is_contributory(Vector::divide_error) && is_contributory(Vector::general_protection));
    EXPECT_FALSE(is_contributory(Vector::page_fault) || is_contributory(Vector::double_fault));
    EXPECT_FALSE(is_contributory(Vector::debug) || is_contributory(Vector::alignment_check));
    EXPECT_TRUE(is_page_fault_class(Vector::page_fault));
    EXPECT_EQ(name_of(Vector::general_protection), "#GP");
    EXPECT_EQ(name_of(static_cast<Vector>(15)), "");
}

TEST(Exceptions, ErrorCodeFormats) {
    constexpr PageFaultErrorCode user_fetch{0x15};
    EXPECT_TRUE(user_fetch.present() && user_fetch.user() && user_fetch.fetch() && !user_fetch.write());
    EXPECT_EQ(SelectorErrorCode{0x6B}.index(), 13);
    EXPECT_TRUE(SelectorErrorCode{0x6B}.external() && SelectorErrorCode{0x6B}.idt());
}

TEST(InterruptionInformation, Makers) {
    static_assert(InterruptionInformation::exception(Vector::general_protection).value == 0x80000B0D);
    static_assert(InterruptionInformation::exception(Vector::invalid_opcode).value == 0x80000306);
    static_assert(InterruptionInformation::make(2, InterruptionType::nmi).value == 0x80000202);
    static_assert(InterruptionInformation::make(0x80, InterruptionType::software_interrupt).value == 0x80000480);
    EXPECT_TRUE(InterruptionInformation{0x80000B0D}.is_exception(Vector::general_protection));
    EXPECT_FALSE(InterruptionInformation{0x00000B0D}.is_exception(Vector::general_protection));
    EXPECT_FALSE(InterruptionInformation{0x8000040D}.is_exception(Vector::general_protection));
}

TEST(InterruptionInformation, BitsThatMustNotBeInjected) {
    constexpr InterruptionInformation reported{0x80003B0E}; // NMI unblocking, nested exception
    EXPECT_TRUE(reported.nmi_unblocking() && reported.nested_exception());
    EXPECT_EQ(reported.for_injection().value, 0x80000B0Eu);
}

TEST(InterruptionInformation, SoftwareEventsNeedALength) {
    EXPECT_TRUE(is_software(InterruptionType::software_interrupt) && is_software(InterruptionType::software_exception));
    EXPECT_TRUE(is_software(InterruptionType::privileged_software_exception));
    EXPECT_FALSE(is_software(InterruptionType::hardware_exception) || is_software(InterruptionType::external));
    EXPECT_FALSE(is_software(InterruptionType::nmi) || is_software(InterruptionType::other_event));
    EXPECT_EQ(name_of(InterruptionType{1}), "");
}

TEST(Interruptibility, Shadow) {
    EXPECT_TRUE(Interruptibility{1}.in_instruction_shadow() && Interruptibility{2}.in_instruction_shadow());
    EXPECT_FALSE(Interruptibility{12}.in_instruction_shadow());
    EXPECT_EQ(Interruptibility{0xF}.clear_instruction_shadow().value, 0xCu);
    EXPECT_FALSE(Interruptibility{0x20}.valid());
}

TEST(PendingDebugExceptions, Bits) {
    EXPECT_TRUE(PendingDebugExceptions{0x4000}.bs() && PendingDebugExceptions{0x1000}.enabled_breakpoint());
    EXPECT_TRUE(PendingDebugExceptions{0x10000}.rtm());
    EXPECT_FALSE(PendingDebugExceptions{0x2000}.valid());
    EXPECT_FALSE(PendingDebugExceptions{std::uint64_t{1} << 63}.valid());
}

} // namespace
