// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Reports: numbers for programs, and words that say what was asked, what the processor answered, and what to do.
#include "core/report.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "control/messages.h"
#include "core/vmm.h"

namespace nadir::test {
namespace {

using core::Failure;
using core::fill_report;

std::string text_of(const Failure& failure, nadir_report* out = nullptr) {
    nadir_report report;
    std::memset(&report, 0xAA, sizeof(report));
    fill_report(report, failure);
    if (out != nullptr) {
        *out = report;
    }
    return report.text;
}

TEST(Report, Success) {
    nadir_report report;
    std::memset(&report, 0xAA, sizeof(report));
    core::fill_success(report);
    EXPECT_EQ(report.status, NADIR_OK);
    EXPECT_EQ(report.step, static_cast<uint32_t>(NADIR_STEP_NONE));
    EXPECT_EQ(report.processor, NADIR_ANY_PROCESSOR);
    EXPECT_EQ(report.reserved, 0u);
    EXPECT_EQ(report.detail[3], 0u);
    EXPECT_STREQ(report.text, "success");
}

TEST(Report, NumbersAndWords) {
    nadir_report report;
    const std::string text = text_of({NADIR_VMXON_FAILED, NADIR_STEP_VMXON, 3, {0, 2, 3, 4}}, &report);
    EXPECT_EQ(report.status, static_cast<uint32_t>(NADIR_VMXON_FAILED));
    EXPECT_EQ(report.step, static_cast<uint32_t>(NADIR_STEP_VMXON));
    EXPECT_EQ(report.processor, 3u);
    EXPECT_EQ(report.reserved, 0u);
    for (unsigned i = 1; i < 4; ++i) {
        EXPECT_EQ(report.detail[i], i + 1);
    }
    EXPECT_EQ(text.find("Step \"VMXON\" on processor 3: "), 0u) << text;
}

TEST(Report, TheProcessorIsNamedOnlyWhereThereIsOne) {
    EXPECT_EQ(text_of({NADIR_INJECTED, NADIR_STEP_SEAL, NADIR_ANY_PROCESSOR, {}}).find("processor"), std::string::npos);
}

TEST(Report, EachAnswer) {
    struct Case {
        Failure failure;
        std::vector<const char*> words;
    };
    const Case cases[] = {
        {{NADIR_VMXON_FAILED, NADIR_STEP_VMXON, 0, {}}, {"VMfailInvalid (CF set)", "revision identifier"}},
        {{NADIR_VMCLEAR_FAILED, NADIR_STEP_VMCLEAR, 0, {2}}, {"VMfailValid", "error 2 (VMCLEAR: the address"}},
        {{NADIR_VMPTRLD_FAILED, NADIR_STEP_VMPTRLD, 0, {11}}, {"error 11", "revision identifier"}},
        {{NADIR_VMLAUNCH_FAILED, NADIR_STEP_LAUNCH, 0, {7}}, {"error 7", "control", "breaks none of the rules"}},
        {{NADIR_VMLAUNCH_FAILED, NADIR_STEP_LAUNCH, 0, {7, 0, 1}},
         {"error 7", "Broken rule: control.pin.reserved (each pin-based control", "`nadir explain`"}},
        {{NADIR_VMLAUNCH_FAILED, NADIR_STEP_LAUNCH, 0, {}}, {"VMfailInvalid"}},
        {{NADIR_VMLAUNCH_FAILED, NADIR_STEP_LAUNCH, 0, {14}}, {"error 14 (unknown"}},
        {{NADIR_VMWRITE_FAILED, NADIR_STEP_VMCS, 0, {12, 0x6FFE}}, {"error 12", "VMCS field 0x6ffe"}},
        {{NADIR_ENTRY_FAILED, NADIR_STEP_ENTRY, 0, {0x8000'0021, 4}},
         {"0x80000021", "qualification 0x4", "guest state"}},
        {{NADIR_NO_MEMORY, NADIR_STEP_ALLOCATE, NADIR_ANY_PROCESSOR, {65536}}, {"64 KiB in one piece"}},
        {{NADIR_TOO_MANY_PROCESSORS, NADIR_STEP_PROBE, NADIR_ANY_PROCESSOR, {5000}}, {"5000", "at most"}},
        {{NADIR_FIXED_BITS, NADIR_STEP_CONTROL_REGISTERS, 1, {0x33, 0x80000033}}, {"0x33", "0x80000033", "Fixed Bits"}},
        {{NADIR_CONTROL_MISSING, NADIR_STEP_CHECK_PROCESSOR, 1, {0x482, 5, 6}}, {"0x482", "0x5", "0x6", "the same"}},
        {{NADIR_UNSUPPORTED_FEATURE, NADIR_STEP_CHECK_PROCESSOR, 1, {0x80, 0x90}}, {"0x80", "0x90"}},
        {{NADIR_CONFIRM_FAILED, NADIR_STEP_CONFIRM, 1, {7}}, {"still sees", "0x7"}},
    };
    for (const Case& c : cases) {
        const std::string text = text_of(c.failure);
        for (const char* words : c.words) {
            EXPECT_NE(text.find(words), std::string::npos) << words << " in: " << text;
        }
        EXPECT_NE(text.find(control::status_text(c.failure.status)), std::string::npos);
        EXPECT_NE(text.find(control::step_text(c.failure.step)), std::string::npos);
    }
}

TEST(Report, WordsAlwaysFitAndEnd) {
    constexpr uint64_t widest = ~uint64_t{0};
    for (uint32_t status = 0; status < 100; ++status) {
        for (uint32_t step = 0; step <= NADIR_STEP_COUNT; ++step) {
            nadir_report report;
            const std::string text = text_of({static_cast<nadir_status>(status),
                                              static_cast<nadir_step>(step),
                                              0xFFFF'FFFE,
                                              {widest, widest, widest, widest}},
                                             &report);
            EXPECT_LT(text.size(), sizeof(report.text) - 1) << "cut: " << text;
        }
    }
}

TEST(Report, TheProbesRefusalHasItsOwnWords) {
    check::SupportReport support;
    check::assess(arch::Capabilities{}, {}, support);
    ASSERT_NE(support.refusal(), nullptr);
    nadir_report report;
    fill_report(report, {NADIR_OK, NADIR_STEP_CHECK_PROCESSOR, 2, {}}, support);
    EXPECT_EQ(report.status, static_cast<uint32_t>(support.status()));
    EXPECT_EQ(std::string(report.text).find("Processor 2: "), 0u) << report.text;
    fill_report(report, {NADIR_OK, NADIR_STEP_PROBE, NADIR_ANY_PROCESSOR, {}}, support);
    EXPECT_EQ(std::string(report.text).find("Processor"), std::string::npos);
    // Without a refusal the failure itself counts.
    fill_report(report, {NADIR_INJECTED, NADIR_STEP_PROBE, NADIR_ANY_PROCESSOR, {}}, check::SupportReport{});
    EXPECT_EQ(report.status, static_cast<uint32_t>(NADIR_INJECTED));
}

} // namespace
} // namespace nadir::test
