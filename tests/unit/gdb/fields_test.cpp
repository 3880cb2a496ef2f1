// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `monitor vmcs` on a machine that is made up: its fields hold their encodings.
#include <algorithm>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arch/vmx/field_table.h"
#include "core/gdb/field_names.h"
#include "core/gdb/fields.h"
#include "fake_machine.h"

namespace nadir::core::gdb {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// In all its parts.
std::string fields(std::string_view wanted) {
    std::string all;
    uint32_t next = 0;
    for (Monitored got = Monitored::partly; got == Monitored::partly;) {
        char text[most_words];
        base::Writer out(text);
        got = put_fields(fake::vmm(), 0, wanted, next, out);
        EXPECT_FALSE(out.truncated()) << wanted;
        all += out.view();
    }
    return all;
}

TEST(GdbFields, NamesAreThoseOfTheTable) {
    FieldWalk walk;
    for (const arch::VmcsFieldInfo& info : arch::vmcs_fields) {
        ASSERT_FALSE(walk.at_end());
        EXPECT_EQ(walk.field().name, info.name);
        EXPECT_EQ(walk.field().encoding, info.encoding.value);
        walk.next();
    }
    EXPECT_TRUE(walk.at_end());
}

TEST(GdbFields, ByNameAndNumber) {
    const std::string rip = "0x681e guest_rip: 0x000000000000681e\n";
    for (const char* const wanted : {"guest_rip", "GUEST_RIP", "Guest RIP", "guest-rip", "681e", "0x681E"}) {
        EXPECT_EQ(fields(wanted), rip) << wanted;
    }
    EXPECT_EQ(fields("guest_es_selector"), "0x0800 guest_es_selector: 0x0800\n"); // as wide as the field is
    EXPECT_EQ(fields("exception_bitmap"), "0x4004 exception_bitmap: 0x00004004\n");
    EXPECT_EQ(fields("eptp"), "0x201a eptp: 0x000000000000201a\n"); // not those that have it in their names
    EXPECT_EQ(fields("host_rip"), "0x6c16 host_rip: this processor has no such field\n");
    EXPECT_EQ(fields("681f"), "0x681f: 0x000000000000681f\n");
    EXPECT_EQ(fields("ffff"), "0xffff: this processor has no such field\n");
    EXPECT_THAT(fields(""), StartsWith("vmcs needs a field's name (guest_rip)"));
}

TEST(GdbFields, ByPartOfNames) {
    EXPECT_EQ(fields("PDPTE"), "0x280a guest_pdpte0: 0x000000000000280a\n0x280c guest_pdpte1: 0x000000000000280c\n"
                               "0x280e guest_pdpte2: 0x000000000000280e\n0x2810 guest_pdpte3: 0x0000000000002810\n");
    EXPECT_EQ(fields("host_sysenter_e"), "This processor has none of these fields.\n");
    const std::string all = fields("all");
    std::size_t there = 0;
    for (const arch::VmcsFieldInfo& info : arch::vmcs_fields) {
        const bool is_there = info.encoding.value < fake::first_absent_field;
        there += is_there ? 1 : 0;
        EXPECT_EQ(all.find(" " + std::string(info.name) + ": ") != std::string::npos, is_there) << info.name;
    }
    EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), '\n')), there); // each once, and nothing else
}

TEST(GdbFields, NamesThatAreNear) {
    EXPECT_EQ(fields("guest_rib"), "There is no field of that name. Like it: guest_rip.\n");
    EXPECT_EQ(fields("gest_cr0"), "There is no field of that name. Like it: guest_cr0.\n");
    EXPECT_EQ(fields("guest_ia32_efer"), "There is no field of that name. Like it: guest_efer.\n");
    EXPECT_EQ(fields("guest_cr1"), "There is no field of that name. Like it: guest_cr0, guest_cr3, guest_cr4.\n");
    EXPECT_EQ(fields("nonsense!"), "There is no field of that name. All of them: monitor vmcs all\n");
    EXPECT_THAT(fields(std::string(120, 'z')), HasSubstr("no field of that name. All"));
    EXPECT_THAT(fields("guest_rip x"), Not(HasSubstr("0x")));
}

} // namespace
} // namespace nadir::core::gdb
