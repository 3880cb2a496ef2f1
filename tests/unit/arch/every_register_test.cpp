// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Holds for every field of every register: getter, setter, mask and table agree, and nothing overlaps.
#include "arch/registry.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace {

using namespace nadir;
using namespace nadir::arch;

// Patterns with which a field is filled, and which surround it.
constexpr std::uint64_t patterns[] = {0, 1, 0x5555555555555555, 0xAAAAAAAAAAAAAAAA, ~std::uint64_t{0}};

struct Totals {
    unsigned registers = 0;
    unsigned fields = 0;
};

// What a setter and a getter did, for one value within one surrounding.
struct RoundTrip {
    std::uint64_t around;
    std::uint64_t after;
    std::uint64_t got;
    bool returned_itself;
};

// There are a thousand fields: what is a template here is kept small, and the checks are done by functions that aren't.
using Access = RoundTrip (*)(const void* members, std::uint64_t around, std::uint64_t argument);

void check_field(const char* name, const Field& field, Access access, const void* members) {
    SCOPED_TRACE(std::string(name) + "." + std::string(field.name));
    for (const std::uint64_t around : patterns) {
        for (const std::uint64_t inside : patterns) {
            const std::uint64_t value = inside & base::low_mask(field.width());
            const std::uint64_t argument = field.kind == FieldKind::address ? value << field.low : value;
            const RoundTrip trip = access(members, around, argument);
            EXPECT_TRUE(trip.returned_itself);
            EXPECT_EQ(trip.got, argument);
            EXPECT_EQ(field.of(trip.after), value);
            EXPECT_EQ((trip.around ^ trip.after) & ~field.mask(), 0u) << "other bits changed";
        }
    }
}

template <typename R, typename V>
struct Members {
    V (R::*getter)() const;
    R& (R::*setter)(V);

    static RoundTrip access(const void* members, std::uint64_t around, std::uint64_t argument) {
        const Members& self = *static_cast<const Members*>(members);
        R r{static_cast<typename R::integer_type>(around)};
        const std::uint64_t before = r.value;
        const bool itself = &(r.*self.setter)(static_cast<V>(argument)) == &r;
        return {before, r.value, arch::detail::to_bits((r.*self.getter)()), itself};
    }
};

struct Checker {
    const char* name;
    Totals& totals;

    template <typename R, typename V>
    [[gnu::noinline]] void operator()(const Field& field, V (R::*getter)() const, R& (R::*setter)(V)) {
        const Members<R, V> members{getter, setter};
        check_field(name, field, &Members<R, V>::access, &members);
        ++totals.fields;
    }
};

void check_table(const std::string& name, std::span<const Field> fields, unsigned width, std::uint64_t reserved_mask,
                 std::uint64_t reserved_ones) {
    std::uint64_t covered = 0;
    std::set<std::string_view> names;
    int previous = -1;
    for (const Field& field : fields) {
        SCOPED_TRACE(name + "." + std::string(field.name));
        EXPECT_LE(field.low, field.high);
        EXPECT_LT(field.high, width);
        EXPECT_GT(field.low, previous) << "out of order, or overlaps";
        previous = field.high;
        covered |= field.mask();
        EXPECT_TRUE(names.insert(field.name).second) << "twice";
        EXPECT_FALSE(field.description.empty());
        EXPECT_EQ(field.kind == FieldKind::enumeration, field.value_name != nullptr);
    }
    EXPECT_EQ(reserved_mask, ~covered & base::low_mask(width)) << name;
    EXPECT_EQ(reserved_ones & ~reserved_mask, 0u) << name;
}

void check_reserved(const std::string& name, bool empty_is_valid, bool full_is_valid) {
    EXPECT_TRUE(empty_is_valid) << name << ", no field set";
    EXPECT_TRUE(full_is_valid) << name << ", all fields set";
}

template <typename R>
void check_register(const char* name, Totals& totals) {
    static bool seen = false; // many MSRs share a type
    if (seen) {
        return;
    }
    seen = true;
    ++totals.registers;
    using I = typename R::integer_type;
    check_table(name, R::fields, sizeof(I) * 8, R::reserved_mask, R::reserved_ones);
    check_reserved(name, R{R::reserved_ones}.reserved_valid(),
                   R{static_cast<I>(R::reserved_ones | R::fields_mask)}.reserved_valid());
    visit_fields<R>(Checker{name, totals});
}

template <typename T>
void check_type(const char* name, Totals& totals) {
    if constexpr (RegisterType<T>) {
        check_register<T>(name, totals);
    }
}

TEST(EveryRegister, RoundTripOfEveryField) {
    Totals totals;
#define NADIR_NAMED(kind, name, number, type, description) check_type<type>(#type, totals);
#include "arch/registers.inc"
#undef NADIR_NAMED
#define NADIR_MSR(name, index, type, description) check_type<type>(#type, totals);
#include "arch/msr/index.inc"
#undef NADIR_MSR
#define NADIR_CPUID(leaf, sub_leaf, output, type) check_type<cpuid::type>(#type, totals);
#include "arch/cpuid/leaves.inc"
#undef NADIR_CPUID
#define NADIR_VMCS_FIELD(name, encoding, type) check_type<type>(#type, totals);
#define NADIR_VMCS_PLAIN(name, encoding, type) check_type<type>(#type, totals);
#include "arch/vmx/fields.inc"
#undef NADIR_VMCS_PLAIN
#undef NADIR_VMCS_FIELD
    RecordProperty("registers", static_cast<int>(totals.registers));
    RecordProperty("fields", static_cast<int>(totals.fields));
    EXPECT_GT(totals.registers, 150u);
    EXPECT_GT(totals.fields, 1000u);
}

TEST(Registry, NamesAreUniqueAndDescribed) {
    std::set<std::string_view> names;
    for (const Definition& definition : registry) {
        SCOPED_TRACE(std::string(definition.name));
        EXPECT_TRUE(names.insert(definition.name).second);
        EXPECT_FALSE(name_of(definition.kind).empty());
        EXPECT_TRUE(definition.kind == DefinitionKind::cpuid || !definition.description.empty());
        EXPECT_EQ(find_definition(definition.name), &definition);
        EXPECT_TRUE(definition.bits == 8 || definition.bits == 16 || definition.bits == 32 || definition.bits == 64);
        for (const Field& field : definition.fields) {
            EXPECT_LT(field.high, definition.bits);
        }
    }
}

TEST(Registry, FindsByNumber) {
    ASSERT_NE(find_definition(DefinitionKind::msr, 0xC0000080), nullptr);
    EXPECT_EQ(find_definition(DefinitionKind::msr, 0xC0000080)->name, "ia32_efer");
    EXPECT_EQ(find_definition(DefinitionKind::vmcs_field, 0x4402)->name, "exit_reason");
    EXPECT_EQ(find_definition(DefinitionKind::qualification, 48)->name, "ept_violation_qualification");
    EXPECT_EQ(find_definition(DefinitionKind::msr, 0x12345), nullptr);
    EXPECT_EQ(find_definition("no such thing"), nullptr);
    const Definition* leaf = find_definition("cpuid.0x7.1.eax");
    ASSERT_NE(leaf, nullptr);
    EXPECT_EQ(leaf->number, 7u);
    EXPECT_EQ(leaf->sub_leaf, 1u);
    EXPECT_EQ(leaf->output, CpuidRegister::eax);
    EXPECT_EQ(leaf->bits, 32);
}

TEST(Registry, MsrNumbersAreUnique) {
    std::set<Msr> numbers;
    for (const MsrName& entry : msr_names) {
        EXPECT_TRUE(numbers.insert(entry.msr).second) << entry.name;
        EXPECT_EQ(name_of(entry.msr), entry.name);
    }
    EXPECT_EQ(name_of(Msr{0x12345}), "");
}

} // namespace
