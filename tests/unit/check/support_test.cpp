// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Each rule of check/support.h, broken in turn on a processor that is otherwise fit.
#include "check/support.h"

#include "check/wanted_controls.h"
#include "tests/unit/check/example_processor.h"

#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <vector>

namespace nadir::check {
namespace {

using arch::Capabilities;
namespace msr = arch::capability_msr;

std::string words(const SupportReport& report, const Finding& finding) {
    char text[400];
    return {text, describe(report, finding, text)};
}

std::string all_words(const SupportReport& report) {
    std::string all;
    for (const Finding& finding : report.all()) {
        all += words(report, finding) + "\n";
    }
    return all;
}

SupportReport assessed(const Capabilities& caps, const Environment& environment = {}) {
    SupportReport report;
    assess(caps, environment, report);
    return report;
}

TEST(Support, AFitProcessorHasNoFindings) {
    const SupportReport report = assessed(test::example_processor());
    EXPECT_EQ(report.count, 0u) << all_words(report);
    EXPECT_EQ(report.verdict(), Verdict::supported);
    EXPECT_EQ(report.status(), NADIR_OK);
    EXPECT_EQ(report.refusal(), nullptr);
}

struct Case {
    SupportRule rule;
    std::function<void(Capabilities&)> change;
    const char* says; // in the words of the finding
};

void take_vmx(Capabilities& caps) { caps.leaf_1.ecx &= ~(1u << 5); }
void put_hypervisor(Capabilities& caps) {
    caps.leaf_1.ecx |= 1u << 31;
    caps.leaf_40000000 = {0x40000001, 0x4B4D564B, 0x564B4D56, 0x4D}; // "KVMKVMKVM"
}

const std::vector<Case>& cases() {
    static const std::vector<Case> list = {
        {SupportRule::unknown_layout, [](Capabilities& c) { c.layout = 9; }, "layout 9"},
        {SupportRule::no_vmx, take_vmx, "CPUID.1:ECX.VMX is 0"},
        {SupportRule::no_vmx_on_amd,
         [](Capabilities& c) {
             take_vmx(c);
             c.leaf_80000001.ecx |= 1u << 2;
         },
         "SVM"},
        {SupportRule::no_vmx_under_hypervisor,
         [](Capabilities& c) {
             take_vmx(c);
             put_hypervisor(c);
         },
         "its hypervisor (\"KVMKVMKVM\") does not offer VMX"},
        {SupportRule::under_hypervisor, put_hypervisor, "hypervisor (\"KVMKVMKVM\") passes VMX on"},
        {SupportRule::not_intel, [](Capabilities& c) { c.leaf_0.ebx = 0x746E6543; }, "not from Intel"},
        {SupportRule::no_long_mode, [](Capabilities& c) { c.leaf_80000001.edx &= ~(1u << 29); }, "64-bit"},
        {SupportRule::locked_off, [](Capabilities& c) { c.set_msr(msr::feature_control, 1); },
         "IA32_FEATURE_CONTROL is 0x1: locked"},
        {SupportRule::locked_to_smx, [](Capabilities& c) { c.set_msr(msr::feature_control, 3); }, "inside SMX"},
        {SupportRule::unlocked, [](Capabilities& c) { c.set_msr(msr::feature_control, 0); }, "unlocked"},
        {SupportRule::feature_control_unknown, [](Capabilities& c) { c.forget_msr(msr::feature_control); },
         "caps --help"},
        {SupportRule::in_possession, [](Capabilities& c) { c.cr4 |= 1u << 13; }, "CR4.VMXE is 1, CR4 is 0x3626e0"},
        {SupportRule::control_registers_unknown, [](Capabilities& c) { c.has_control_registers = 0; },
         "module or driver"},
        {SupportRule::msrs_unknown, [](Capabilities& c) { c.forget_msr(msr::vmx_basic); }, "caps --help"},
        {SupportRule::control_missing, [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_secondary, 1ull << 33); },
         "secondary processor-based VM-execution control \"enable EPT\" (allowed 1-settings 0x1ffcfd, bit 1)"},
        {SupportRule::control_missing_for_feature,
         [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_secondary, 1ull << (32 + 20)); }, "XSAVES"},
        {SupportRule::control_absent, [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_secondary, 1ull << 37); },
         "enable VPID"},
        {SupportRule::control_forced, [](Capabilities& c) { test::set_msr_bits(c, msr::vmx_true_primary, 1ull << 15); },
         "forces a primary processor-based VM-execution control to 1 that Nadir does not use (allowed 0-settings "
         "0x400e172, bit 15)"},
        {SupportRule::ept_feature_missing,
         [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_ept_vpid, 1ull << 6); },
         "page walks of 4 levels (IA32_VMX_EPT_VPID_CAP is 0xf0106734101, bit 6)"},
        {SupportRule::no_1g_pages, [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_ept_vpid, 1ull << 17); },
         "1-GByte"},
        {SupportRule::vpid_not_flushable,
         [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_ept_vpid, 1ull << 32); }, "INVVPID"},
        {SupportRule::vmcs_too_large, [](Capabilities& c) { c.set_msr(msr::vmx_basic, 0x00DA1001'00000004); }, "4097"},
        {SupportRule::vmcs_address_limit, [](Capabilities& c) { test::set_msr_bits(c, msr::vmx_basic, 1ull << 48); },
         "below 4 GBytes"},
        {SupportRule::vmcs_memory_type, [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_basic, 0xFull << 50); },
         "memory type 0"},
        {SupportRule::no_wait_for_sipi, [](Capabilities& c) { test::clear_msr_bits(c, msr::vmx_misc, 1ull << 8); },
         "wait-for-SIPI"},
        {SupportRule::no_trace_in_vmx,
         [](Capabilities& c) {
             c.leaf_7.ebx |= 1u << 25;
             test::clear_msr_bits(c, msr::vmx_misc, 1ull << 14);
         },
         "Processor Trace"},
        {SupportRule::cr0_must_be_zero, [](Capabilities& c) { c.cr0 |= 1ull << 32; }, "0x100000000"},
        {SupportRule::cr4_must_be_zero, [](Capabilities& c) { c.cr4 |= 1ull << 23; }, "0x800000"},
        {SupportRule::cr4_must_be_one, [](Capabilities& c) { test::set_msr_bits(c, msr::vmx_cr4_fixed0, 1ull << 11); },
         "0x800"},
        {SupportRule::fred_in_use,
         [](Capabilities& c) {
             c.cr4 |= 1ull << 32;
             test::set_msr_bits(c, msr::vmx_cr4_fixed1, 1ull << 32);
         },
         "fred=off"},
        {SupportRule::uintr_in_use,
         [](Capabilities& c) {
             c.cr4 |= 1ull << 25;
             test::set_msr_bits(c, msr::vmx_cr4_fixed1, 1ull << 25);
         },
         "user interrupts"},
        {SupportRule::wide_physical_addresses, [](Capabilities& c) { c.leaf_80000008.eax = 0x3934; }, "52"},
    };
    return list;
}

TEST(Support, EachRuleBrokenInTurn) {
    for (const Case& test_case : cases()) {
        const std::string identifier(text_of(test_case.rule).identifier);
        SCOPED_TRACE(identifier);
        Capabilities caps = test::example_processor();
        test_case.change(caps);
        const SupportReport report = assessed(caps);
        const Finding* finding = report.find(test_case.rule);
        ASSERT_NE(finding, nullptr) << all_words(report);
        EXPECT_EQ(report.count, 1u) << "one cause, one finding:\n" << all_words(report);
        EXPECT_NE(words(report, *finding).find(test_case.says), std::string::npos) << words(report, *finding);
        const bool refuses = text_of(test_case.rule).severity == Severity::refuse;
        EXPECT_EQ(report.refusal() != nullptr, refuses);
        EXPECT_EQ(report.status(), refuses ? text_of(test_case.rule).status : NADIR_OK);
        EXPECT_EQ(refuses, report.verdict() == Verdict::unsupported);
    }
}

TEST(Support, EveryRuleHasACase) {
    std::set<SupportRule> covered = {SupportRule::too_many_processors, SupportRule::too_little_memory,
                                     SupportRule::rival};
    for (const Case& test_case : cases()) {
        covered.insert(test_case.rule);
    }
    for (unsigned rule = 0; rule < static_cast<unsigned>(SupportRule::count); ++rule) {
        EXPECT_TRUE(covered.contains(static_cast<SupportRule>(rule)))
            << text_of(static_cast<SupportRule>(rule)).identifier;
    }
}

TEST(Support, IdentifiersAreUniqueAndRefusalsHaveStatusAndAdvice) {
    std::set<std::string_view> identifiers;
    for (unsigned rule = 0; rule < static_cast<unsigned>(SupportRule::count); ++rule) {
        const SupportRuleText& text = text_of(static_cast<SupportRule>(rule));
        EXPECT_TRUE(identifiers.insert(text.identifier).second) << text.identifier;
        if (text.severity == Severity::refuse) {
            EXPECT_NE(text.status, NADIR_OK) << text.identifier;
            EXPECT_FALSE(text.advice.empty()) << text.identifier;
        }
    }
}

// Every control and every EPT capability that is required, one by one.
TEST(Support, EachRequiredControlByName) {
    const auto true_msr = [](ControlGroup group) {
        switch (group) {
        case ControlGroup::primary: return msr::vmx_true_primary;
        case ControlGroup::exit: return msr::vmx_true_exit;
        case ControlGroup::entry: return msr::vmx_true_entry;
        default: return msr::vmx_secondary;
        }
    };
    for (const ControlWish& wish : control_wishes) {
        SCOPED_TRACE(std::string(wish.name));
        Capabilities caps = test::example_processor();
        // A processor with all that any wish depends on.
        caps.leaf_7.ecx |= 1u << 5 | 1u << 7 | 1u << 31;
        caps.leaf_7.edx |= 1u << 18 | 1u << 20;
        test::set_msr_bits(caps, msr::vmx_secondary, 3ull << 58);
        test::set_msr_bits(caps, msr::vmx_true_exit, 3ull << 60);
        test::set_msr_bits(caps, msr::vmx_true_entry, 5ull << 52);
        ASSERT_EQ(assessed(caps).count, 0u) << all_words(assessed(caps));

        test::clear_msr_bits(caps, true_msr(wish.group), wish.mask << 32);
        if (wish.group == ControlGroup::primary) {
            test::clear_msr_bits(caps, msr::vmx_primary, wish.mask << 32);
        }
        const SupportReport report = assessed(caps);
        ASSERT_EQ(report.count, 1u) << all_words(report);
        EXPECT_EQ(report.findings[0].item_name(), wish.name);
        const SupportRule expected = wish.need == Need::always       ? SupportRule::control_missing
                                     : wish.need == Need::if_offered ? SupportRule::control_absent
                                                                     : SupportRule::control_missing_for_feature;
        EXPECT_EQ(report.findings[0].rule, expected);
        EXPECT_NE(words(report, report.findings[0]).find(wish.reason), std::string::npos);
    }
}

TEST(Support, EachEptCapabilityByName) {
    const struct {
        std::uint64_t bits;
        const char* name;
    } items[] = {
        {1ull << 6, "page walks of 4 levels"},
        {1ull << 14, "write-back"},
        {1ull << 16, "2-MByte pages"},
        {1ull << 20, "INVEPT"},
        {3ull << 25, "INVEPT of a single context"},
    };
    for (const auto& item : items) {
        Capabilities caps = test::example_processor();
        test::clear_msr_bits(caps, msr::vmx_ept_vpid, item.bits);
        const SupportReport report = assessed(caps);
        ASSERT_EQ(report.count, 1u) << all_words(report);
        EXPECT_EQ(report.status(), NADIR_CONTROL_MISSING);
        EXPECT_NE(words(report, report.findings[0]).find(item.name), std::string::npos);
    }
    // One of the two INVEPT types is enough.
    for (const unsigned bit : {25u, 26u}) {
        Capabilities caps = test::example_processor();
        test::clear_msr_bits(caps, msr::vmx_ept_vpid, 1ull << bit);
        EXPECT_EQ(assessed(caps).count, 0u);
    }
}

TEST(Support, Environment) {
    SupportReport report = assessed(test::example_processor(), Environment{.processors = 9, .processors_supported = 8});
    ASSERT_NE(report.refusal(), nullptr);
    EXPECT_EQ(report.status(), NADIR_TOO_MANY_PROCESSORS);
    EXPECT_NE(words(report, *report.refusal()).find("9 logical processors, and this build of Nadir serves 8"),
              std::string::npos);
    report = assessed(test::example_processor(), {.memory_available = 1 << 20, .memory_needed = (2 << 20) + 1});
    ASSERT_NE(report.refusal(), nullptr);
    EXPECT_EQ(report.status(), NADIR_NO_MEMORY);
    EXPECT_NE(words(report, *report.refusal()).find("1024 KiB of memory are available, and Nadir needs about 2049 KiB"),
              std::string::npos);
    EXPECT_EQ(assessed(test::example_processor(), {8, 8, 2, 2, false}).count, 0u);
    report = assessed(test::example_processor(), {.rival = true});
    EXPECT_EQ(report.status(), NADIR_IN_POSSESSION);
    // CR4 has already said so: once is enough.
    Capabilities caps = test::example_processor();
    caps.cr4 |= 1u << 13;
    EXPECT_EQ(assessed(caps, {.rival = true}).count, 1u);
}

TEST(Support, UnknownIsNeitherYesNorNo) {
    Capabilities caps = test::example_processor();
    caps.has_control_registers = 0;
    EXPECT_EQ(assessed(caps).verdict(), Verdict::unknown);
    caps.set_msr(msr::feature_control, 1);
    EXPECT_EQ(assessed(caps).verdict(), Verdict::unsupported);
}

// The worst machine: everything is wrong, nothing is lost or written beyond the report.
TEST(Support, ManyFindingsFit) {
    Capabilities caps = test::example_processor();
    put_hypervisor(caps);
    caps.leaf_0.ebx = 1;
    caps.leaf_80000001.edx = 0;
    caps.cr0 = caps.cr4 = ~0ull;
    caps.leaf_7 = {1, ~0u, ~0u, ~0u};
    caps.leaf_80000008.eax = 0x3934;
    for (const std::uint32_t index : {msr::vmx_true_pin, msr::vmx_true_primary, msr::vmx_true_exit, msr::vmx_true_entry,
                                      msr::vmx_misc, msr::vmx_cr0_fixed1, msr::vmx_cr4_fixed1, msr::feature_control}) {
        caps.set_msr(index, 1);
    }
    caps.set_msr(msr::vmx_secondary, 2ull << 32);
    caps.set_msr(msr::vmx_ept_vpid, 0);
    caps.set_msr(msr::vmx_basic, 0xFFBD'FFFF'0000'0000);
    const SupportReport report = assessed(caps);
    EXPECT_EQ(report.count, SupportReport::capacity);
    EXPECT_GT(report.dropped, 0u);
    EXPECT_EQ(report.verdict(), Verdict::unsupported);
}

// nadir_report.text holds 400 characters with its NUL; every finding has to fit, at its longest.
TEST(Support, EveryFindingFitsAReport) {
    SupportReport report;
    std::copy_n("Microsoft Hv", 12, report.hypervisor);
    for (unsigned rule = 0; rule < static_cast<unsigned>(SupportRule::count); ++rule) {
        for (std::uint8_t item = 0; item < 40; ++item) {
            const Finding finding{static_cast<SupportRule>(rule), item, {0xFFFF'FFFF, 0xFFFF'FFFF}};
            char text[1024];
            ASSERT_LT(describe(report, finding, text), sizeof(nadir_report::text)) << text;
            EXPECT_EQ(std::string_view(text).find('{'), std::string_view::npos) << text;
        }
    }
}

TEST(Support, CutTextIsTerminated) {
    Capabilities caps = test::example_processor();
    caps.set_msr(msr::feature_control, 1);
    const SupportReport report = assessed(caps);
    char text[16];
    EXPECT_EQ(describe(report, *report.refusal(), text), 15u);
    EXPECT_STREQ(text, "the firmware ha");
    EXPECT_EQ(describe_found(report, *report.refusal(), {}), 0u);
}

} // namespace
} // namespace nadir::check
