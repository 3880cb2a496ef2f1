// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Every definition by name and by number, values and names as people write them, and what is suggested.
#include "tests/tool/run_command.h"
#include "tool/definitions/aliases.h"
#include "tool/definitions/decoded.h"
#include "tool/definitions/kinds.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/definitions/print.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace nadir::tool {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The same each time.
std::uint64_t random_value(std::mt19937_64& random, unsigned bits) {
    const std::uint64_t patterns[] = {0, ~std::uint64_t{0}, random(), random() & random(), random() | random()};
    return patterns[random() % std::size(patterns)] & base::low_mask(bits);
}

std::string named(const arch::Definition& definition, bool by_number) {
    if (!by_number && definition.kind == arch::DefinitionKind::cpuid) {
        return std::string(definition.name); // its kind is in its name
    }
    if (!by_number || !has_number(definition.kind)) {
        return fmt::format("{}:{}", token_of(definition.kind), definition.name);
    }
    return definition.kind == arch::DefinitionKind::cpuid
               ? fmt::format("cpuid:{:x}.{:x}.{}", definition.number, definition.sub_leaf, name_of(definition.output))
               : fmt::format("{}:0x{:x}", token_of(definition.kind), definition.number);
}

TEST(EveryDefinition, FoundByNameAndByNumber) {
    for (const arch::Definition& definition : arch::registry) {
        for (const std::string& name :
             {std::string(definition.name), named(definition, false), named(definition, true)}) {
            const Found found = find_register(name, 1);
            EXPECT_FALSE(found.whole_leaf);
            const bool there = std::any_of(found.targets.begin(), found.targets.end(), [&](const Target& target) {
                return target.name == definition.name && target.definition.number == definition.number &&
                       target.definition.fields.data() == definition.fields.data();
            });
            EXPECT_TRUE(there) << name;
        }
        EXPECT_EQ(find_register(definition.name, 1).targets.size(), 1u) << definition.name;
    }
}

TEST(EveryDefinition, EverySetBitIsPrinted) {
    std::mt19937_64 random(1);
    for (const arch::Definition& definition : arch::registry) {
        for (unsigned round = 0; round < 20; ++round) {
            const std::uint64_t raw = random_value(random, definition.bits);
            const Decoded decoded = decode(target_of(definition), {raw, Radix::hexadecimal, false, ""});
            std::uint64_t named_bits = decoded.reserved_set;
            for (const DecodedField& field : decoded.fields) {
                EXPECT_EQ(field.value, field.field->kind == arch::FieldKind::address ? raw & field.field->mask()
                                                                                     : field.field->of(raw));
                named_bits |= raw & field.field->mask();
            }
            EXPECT_EQ(named_bits | (raw & definition.reserved_ones), definition.fields.empty() ? 0 : raw)
                << definition.name;
            std::ostringstream text;
            print_decoded(text, decoded, false);
            EXPECT_THAT(text.str(), ::testing::StartsWith(std::string(definition.name)));
            for (const DecodedField& field : decoded.fields) {
                if (field.value != 0) {
                    EXPECT_THAT(text.str(), HasSubstr(fmt::format("  {} ", field.field->name)));
                }
            }
            EXPECT_EQ(decoded.reserved_set != 0, text.str().find("reserved bits set: 0x") != std::string::npos);
            EXPECT_EQ(to_json(decoded)["fields"].size(), definition.fields.size());
        }
        std::ostringstream layout;
        print_layout(layout, target_of(definition));
        EXPECT_FALSE(layout.str().empty());
    }
}

TEST(EveryDefinition, ByTheCommandItself) {
    for (const arch::Definition& definition : arch::registry) {
        const std::string name = named(definition, true);
        const test::Answer answer = test::command({"decode", name.c_str(), "0x1"});
        EXPECT_EQ(answer.status, 0) << answer.err;
        EXPECT_THAT(answer.out, HasSubstr(fmt::format("{} (", definition.name)));
    }
}

TEST(EveryDefinition, NamesDifferEvenWithoutSeparators) {
    std::set<std::string> names;
    for (const arch::Definition& definition : arch::registry) {
        EXPECT_TRUE(names.insert(squash(definition.name)).second) << definition.name;
    }
}

TEST(Aliases, LeadToDefinitionsAndHideNone) {
    for (const Alias& alias : aliases()) {
        EXPECT_NE(arch::find_definition(alias.ours), nullptr) << alias.ours;
        const arch::Definition* found = find_by_name(alias.other);
        ASSERT_NE(found, nullptr) << alias.other;
        EXPECT_EQ(found->name, alias.ours) << alias.other;
    }
}

TEST(Names, AsPeopleWriteThem) {
    const std::pair<const char*, const char*> same[] = {
        {"CR4", "cr4"},
        {"guest-cs-access-rights", "guest_cs_access_rights"},
        {"Guest.CS.Selector", "guest_cs_selector"},
        {"GUEST_IA32_EFER", "guest_efer"},
        {"HOST_IA32_PERF_GLOBAL_CTRL", "host_perf_global_ctrl"},
        {"GUEST_PDPTR0", "guest_pdpte0"},
        {"GUEST_TR_AR_BYTES", "guest_tr_access_rights"},
        {"guest_ss_ar", "guest_ss_access_rights"},
        {"IO_BITMAP_A_FULL", "io_bitmap_a"},
        {"VMCS_EXIT_REASON", "exit_reason"},
        {"IDT-vectoring information field", "idt_vectoring_information"},
        {"EFER", "ia32_efer"},
        {"EFER MSR", "ia32_efer"},
        {"MSR_EFER", "ia32_efer"},
        {"MSR_IA32_EFER", "ia32_efer"},
        {"MSR_KERNEL_GS_BASE", "ia32_kernel_gs_base"},
        {"MSR_IA32_VMX_EPT_VPID_CAP", "ia32_vmx_ept_vpid_cap"},
        {"MSR_IA32_APICBASE", "ia32_apic_base"},
        {"msr_bitmap", "msr_bitmap"},
        {"EFLAGS", "rflags"},
    };
    for (const auto& [other, ours] : same) {
        const arch::Definition* found = find_by_name(other);
        ASSERT_NE(found, nullptr) << other;
        EXPECT_EQ(found->name, ours) << other;
    }
    EXPECT_EQ(find_by_name("MSR_CR4"), nullptr);
    EXPECT_EQ(find_by_name(""), nullptr);
    EXPECT_EQ(find_by_name("field"), nullptr);
}

TEST(Values, AsPeoplePasteThem) {
    const std::pair<const char*, std::uint64_t> values[] = {
        {"0x80050033", 0x80050033},
        {"0X80050033", 0x80050033},
        {"80050033h", 0x80050033},
        {"0x8005_0033", 0x80050033},
        {"ffff8880'01234567", 0xffff888001234567},
        {"fffff800`01234567", 0xfffff80001234567},
        {"0xffffffff:00000001", 0xffffffff00000001},
        {"1:fee00d00", 0x1fee00d00},
        {"0xFEE00900ULL", 0xFEE00900},
        {"0x1,", 1},
        {"0xd01;", 0xD01},
        {"eax=0x1b", 0x1B},
        {" 0x1 ", 1},
        {"80050033", 0x80050033},
        {"00010246", 0x10246},
        {"0000000080050033", 0x80050033},
        {"010", 0x10},
        {"33", 33},
        {"10", 10},
        {"10h", 0x10},
        {"d01", 0xD01},
        {"3dfull", 0x3DF},
        {"0b101", 5},
        {"0xffffffffffffffff", ~std::uint64_t{0}},
        {"18446744073709551615", ~std::uint64_t{0}},
    };
    for (const auto& [text, number] : values) {
        EXPECT_EQ(parse_value(text).number, number) << text;
        EXPECT_EQ(parse_value(text).text, text);
    }
    EXPECT_EQ(parse_value("33", Reading::hexadecimal).number, 0x33u);
    EXPECT_EQ(parse_value("010", Reading::decimal).number, 10u);
    EXPECT_EQ(parse_value("0x10", Reading::decimal).number, 0x10u);
    for (const char* text : {"", "0x", "h", "cr0", "0x12g", "-1", "1:2:3", "1:", ":1", "0x10000000000000000",
                             "18446744073709551616", "0x1:0x100000000", "1.5", "ULL", "="}) {
        EXPECT_THROW(static_cast<void>(parse_value(text)), Failure) << text;
    }
}

TEST(Nearness, Edits) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("efer", "efer"), 0u);
    EXPECT_EQ(edit_distance("efer", "eferr"), 1u);
    EXPECT_EQ(edit_distance("efre", "efer"), 1u) << "neighbours swapped";
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
    EXPECT_EQ(edit_distance("", "cr4"), 3u);
}

TEST(Nearness, Suggestions) {
    EXPECT_THAT(near_names("instr_error"), ::testing::Contains("instruction_error"));
    EXPECT_THAT(near_names("ia32_effer"), ::testing::Contains("ia32_efer"));
    EXPECT_THAT(near_names("GUEST_CZ_AR_BYTES"), ::testing::Contains("guest_cs_access_rights"));
    EXPECT_THAT(near_names("xyzzy"), IsEmpty());
    EXPECT_LE(near_names("guest").size(), 5u);
    EXPECT_FALSE(near_names("guest").empty());
    EXPECT_THAT(near_names("cr5"), ElementsAre("cr0", "cr2", "cr3", "cr4", "cr8"));
    EXPECT_EQ(did_you_mean({"a"}), "Did you mean \"a\"?");
    EXPECT_EQ(did_you_mean({"a", "b", "c"}), "Did you mean \"a\", \"b\" or \"c\"?");
    EXPECT_EQ(did_you_mean({}), "");
}

} // namespace
} // namespace nadir::tool
