// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "arch/vmx/field_encodings.h"
#include "arch/vmx/field_table.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <type_traits>

namespace {

using namespace nadir::arch;

template <auto field>
using ValueOf = typename std::remove_cvref_t<decltype(field)>::value_type;

static_assert(std::is_same_v<ValueOf<vmcs::guest_cr0>, Cr0> && vmcs::guest_cr0.encoding == 0x6800);
static_assert(std::is_same_v<ValueOf<vmcs::pin_controls>, PinControls> && vmcs::pin_controls.encoding == 0x4000);
static_assert(std::is_same_v<ValueOf<vmcs::vpid>, std::uint16_t> && vmcs::vpid.encoding == 0);
static_assert(std::is_same_v<ValueOf<vmcs::link_pointer>, std::uint64_t> && vmcs::link_pointer.encoding == 0x2800);
static_assert(std::is_same_v<ValueOf<vmcs::guest_tr_access_rights>, AccessRights>);
static_assert(std::is_same_v<ValueOf<vmcs::guest_activity_state>, std::uint32_t>);
static_assert(std::is_same_v<ValueOf<vmcs::eptp>, Eptp> && vmcs::eptp.encoding == 0x201A);
static_assert(vmcs::guest_rip.width == FieldWidth::natural && vmcs::guest_rip.group() == FieldGroup::guest);
static_assert(vmcs::host_rip.encoding == 0x6C16 && vmcs::host_rip.group() == FieldGroup::host);
static_assert(vmcs::exit_qualification.group() == FieldGroup::read_only);

TEST(VmcsField, ValuesAndRawNumbers) {
    using Cr4Field = std::remove_cvref_t<decltype(vmcs::guest_cr4)>;
    EXPECT_EQ(Cr4Field::to_raw(Cr4{0x2000}), 0x2000u);
    EXPECT_TRUE(Cr4Field::from_raw(0x2000).vmxe());
    using RipField = std::remove_cvref_t<decltype(vmcs::guest_rip)>;
    EXPECT_EQ(RipField::to_raw(5), 5u);
    EXPECT_EQ(RipField::from_raw(~std::uint64_t{0}), ~std::uint64_t{0});
    using SelectorField = std::remove_cvref_t<decltype(vmcs::guest_cs_selector)>;
    static_assert(std::is_same_v<SelectorField::raw_type, std::uint16_t>);
    EXPECT_EQ(SelectorField::to_raw(Selector{0x10}), 0x10);
}

TEST(VmcsField, EncodingsAreWellFormedAndUnique) {
    std::set<std::uint32_t> encodings;
    std::set<std::string_view> names;
    std::uint32_t previous_of_group = 0;
    for (const VmcsFieldInfo& field : vmcs_fields) {
        SCOPED_TRACE(std::string(field.name));
        EXPECT_TRUE(encodings.insert(field.encoding.value).second);
        EXPECT_TRUE(names.insert(field.name).second);
        EXPECT_TRUE(field.encoding.valid());
        EXPECT_FALSE(field.encoding.high());
        EXPECT_LT(previous_of_group, field.encoding.value + 1) << "the list is in the order of the encodings";
        previous_of_group = field.encoding.value;
        EXPECT_EQ(find_vmcs_field(field.encoding.value), &field);
        EXPECT_EQ(find_vmcs_field(field.name), &field);
    }
}

// A field's name says whose state it is, and the encoding has to agree.
TEST(VmcsField, NamesAgreeWithGroups) {
    const std::set<std::string_view> guest_without_prefix = {"link_pointer", "pml_index", "preemption_timer_value"};
    const std::set<std::string_view> read_only_guest = {"guest_physical_address", "guest_linear_address"};
    for (const VmcsFieldInfo& field : vmcs_fields) {
        SCOPED_TRACE(std::string(field.name));
        if (field.group() == FieldGroup::host) {
            EXPECT_TRUE(field.name.starts_with("host_"));
        } else if (field.group() == FieldGroup::guest) {
            EXPECT_TRUE(field.name.starts_with("guest_") || guest_without_prefix.contains(field.name));
        } else {
            EXPECT_FALSE(field.name.starts_with("host_"));
            EXPECT_TRUE(!field.name.starts_with("guest_") || read_only_guest.contains(field.name) ||
                        field.name == "guest_deadline_shadow");
        }
    }
}

TEST(VmcsField, HighHalvesFindTheirField) {
    ASSERT_NE(find_vmcs_field(0x201B), nullptr);
    EXPECT_EQ(find_vmcs_field(0x201B)->name, "eptp");
    EXPECT_EQ(find_vmcs_field(0x6801), nullptr);
    EXPECT_EQ(find_vmcs_field(0x4003), nullptr);
    EXPECT_EQ(find_vmcs_field(0xFFFFFFFF), nullptr);
    EXPECT_EQ(find_vmcs_field("no such field"), nullptr);
}

TEST(VmcsField, SegmentsAreComplete) {
    for (const std::string segment : {"es", "cs", "ss", "ds", "fs", "gs", "ldtr", "tr"}) {
        for (const std::string part : {"_selector", "_limit", "_access_rights", "_base"}) {
            EXPECT_NE(find_vmcs_field("guest_" + segment + part), nullptr) << segment << part;
        }
    }
    EXPECT_EQ(find_vmcs_field("guest_gdtr_limit")->encoding.value, 0x4810u);
    EXPECT_EQ(find_vmcs_field("guest_idtr_base")->encoding.value, 0x6818u);
    EXPECT_EQ(find_vmcs_field("host_ldtr_selector"), nullptr);
}

TEST(VmcsField, EncodingsAreThoseOfTheTable) {
    ASSERT_EQ(std::size(vmcs_encodings), std::size(vmcs_fields));
    for (std::size_t index = 0; index < std::size(vmcs_fields); ++index) {
        EXPECT_EQ(vmcs_encodings[index], vmcs_fields[index].encoding.value) << vmcs_fields[index].name;
    }
}

TEST(VmcsField, PlainFieldsHaveWordsToo) {
    EXPECT_EQ(find_vmcs_field("guest_activity_state")->value_name(3), "wait-for-SIPI");
    EXPECT_NE(find_vmcs_field("instruction_error")->value_name(7).find("control"), std::string_view::npos);
    EXPECT_FALSE(find_vmcs_field("xss_exiting_bitmap")->parts.empty());
    EXPECT_TRUE(find_vmcs_field("guest_rip")->parts.empty());
}

} // namespace
