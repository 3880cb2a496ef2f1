// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What nadir.exe makes of Windows' answers, where no Windows is needed for that.
#include "tool/windows/failures.h"
#include "tool/windows/groups.h"
#include "tool/windows/rivals.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nadir::tool {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(WindowsFailures, OpeningSaysWhatToDo) {
    const Failure absent = failure_to_open(Win32Error::file_not_found, "not found");
    EXPECT_EQ(absent.status(), ExitStatus::no_module);
    EXPECT_THAT(absent.what(), HasSubstr("driver is not loaded"));
    EXPECT_THAT(absent.advice(), HasSubstr("sc start nadir"));

    const Failure denied = failure_to_open(Win32Error::access_denied, "denied");
    EXPECT_EQ(denied.status(), ExitStatus::not_permitted);
    EXPECT_THAT(denied.what(), HasSubstr("administrators only"));
    EXPECT_THAT(denied.advice(), HasSubstr("Run as administrator"));

    const Failure other = failure_to_open(static_cast<Win32Error>(1450), "Insufficient resources (error 1450)");
    EXPECT_EQ(other.status(), ExitStatus::failed);
    EXPECT_THAT(other.what(), HasSubstr("Insufficient resources (error 1450)"));
}

TEST(WindowsFailures, AnotherBuildIsTold) {
    for (const Win32Error error :
         {Win32Error::invalid_function, Win32Error::bad_length, Win32Error::revision_mismatch}) {
        const Failure failure = failure_to_ask("status", error, "words of Windows");
        EXPECT_EQ(failure.status(), ExitStatus::wrong_version);
        EXPECT_THAT(failure.what(), HasSubstr("status: the driver does not understand"));
        EXPECT_THAT(failure.what(), HasSubstr("words of Windows"));
        EXPECT_THAT(failure.advice(), HasSubstr("one build"));
    }
    const Failure answer = failure_of_answer(0, 456);
    EXPECT_EQ(answer.status(), ExitStatus::wrong_version);
    EXPECT_THAT(answer.what(), HasSubstr("0 bytes in place of 456"));
}

TEST(WindowsFailures, RefusedRequestsKeepTheirReason) {
    EXPECT_EQ(failure_to_ask("on", Win32Error::access_denied, "").status(), ExitStatus::not_permitted);
    const Failure busy = failure_to_ask("on", Win32Error::busy, "The requested resource is in use (error 170)");
    EXPECT_EQ(busy.status(), ExitStatus::failed);
    EXPECT_THAT(busy.what(), HasSubstr("error 170"));
    EXPECT_EQ(busy.advice(), "Try again.");
    EXPECT_EQ(failure_to_ask("log", static_cast<Win32Error>(87), "").status(), ExitStatus::failed);
}

TEST(WindowsGroups, ProcessorsAreNumberedThrough) {
    constexpr unsigned counts[] = {64, 48, 16};
    const auto place = [&](unsigned processor) {
        const auto found = processor_in_groups(counts, processor);
        return found ? std::pair<int, int>{found->group, found->number} : std::pair<int, int>{-1, -1};
    };
    EXPECT_EQ(place(0), std::pair(0, 0));
    EXPECT_EQ(place(63), std::pair(0, 63));
    EXPECT_EQ(place(64), std::pair(1, 0));
    EXPECT_EQ(place(111), std::pair(1, 47));
    EXPECT_EQ(place(112), std::pair(2, 0));
    EXPECT_EQ(place(127), std::pair(2, 15));
    EXPECT_EQ(place(128), std::pair(-1, -1));
}

// "Microsoft Hv" in EBX, ECX, EDX.
constexpr arch::CpuidRegisters hyper_v = {0x4000000B, 0x7263694D, 0x666F736F, 0x76482074};

VirtualizationFacts of_hyper_v(bool root_partition) {
    VirtualizationFacts facts;
    facts.hypervisor_present = true;
    facts.leaf_40000000 = hyper_v;
    facts.leaf_40000003.ebx = root_partition ? 1 : 0;
    return facts;
}

TEST(WindowsRivals, NoneOnABareMachine) { EXPECT_TRUE(rivals_among({}).empty()); }

TEST(WindowsRivals, HyperVBeneathThisWindows) {
    const std::vector<Rival> found = rivals_among(of_hyper_v(true));
    ASSERT_EQ(found.size(), 1u);
    EXPECT_TRUE(found[0].in_use);
    EXPECT_THAT(found[0].text, HasSubstr("hypervisorlaunchtype off"));
}

TEST(WindowsRivals, AVirtualMachineHasNoRivalOfItsOwn) {
    // What its hypervisor passes on is the processor's matter: check/support_rules.cpp.
    EXPECT_TRUE(rivals_among(of_hyper_v(false)).empty());
    VirtualizationFacts kvm = of_hyper_v(true);
    kvm.leaf_40000000 = {0x40000001, 0x4B4D564B, 0x564B4D56, 0x4D};
    EXPECT_TRUE(rivals_among(kvm).empty());
}

TEST(WindowsRivals, VirtualisationBasedSecurity) {
    VirtualizationFacts facts = of_hyper_v(true);
    facts.secure_kernel = true;
    facts.memory_integrity = true;
    const std::vector<Rival> found = rivals_among(facts);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_TRUE(found[0].in_use);
    EXPECT_THAT(found[0].text, HasSubstr("memory integrity (HVCI)"));
    facts.memory_integrity = false;
    EXPECT_THAT(rivals_among(facts)[0].text, Not(HasSubstr("HVCI")));
}

TEST(WindowsRivals, DriversOfOthersMayBeThere) {
    VirtualizationFacts facts;
    facts.running_drivers = {rival_drivers[0], rival_drivers[2]};
    const std::vector<Rival> found = rivals_among(facts);
    ASSERT_EQ(found.size(), 2u);
    EXPECT_FALSE(found[0].in_use);
    EXPECT_THAT(found[0].text, HasSubstr("VirtualBox is there (driver VBoxSup)"));
    EXPECT_THAT(found[1].text, HasSubstr("VMware is there (driver vmx86)"));
}

} // namespace
} // namespace nadir::tool
