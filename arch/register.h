// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The mechanism of every definition in arch/: a register is a value type over one integer, and each field is declared
// once. No C bit-fields: their layout differs between ABIs and they are not constexpr under bit_cast.
//
//     struct FeatureControl : Register<FeatureControl, std::uint64_t, Reserved::zero> {
//         NADIR_REGISTER
//         NADIR_BIT(lock, 0, "locked until reset")
//         NADIR_FIELD(std::uint8_t, senter_local, 14, 8, "SENTER local function enables")
//     };
//
// gives control.lock(), control.set_lock(true) (chains), FeatureControl::lock_mask, and an entry in
// FeatureControl::fields, which a printer, a test and the registry walk. All of it is constexpr.
#pragma once

#include "base/bits.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace nadir::arch {

// What software must put into the bits that no field covers.
enum class Reserved : std::uint8_t {
    zero,     // 0, except the type's `reserved_ones`
    one,      // 1
    preserve, // what was read: no value is wrong by itself
};

enum class FieldKind : std::uint8_t {
    flag,        // one bit
    number,      // an integer
    enumeration, // an enum; `value_name` has the words
    address,     // an address whose low bits are not stored; getter and setter take the whole address
};

// One row of a register's table.
struct Field {
    std::string_view name;
    std::string_view description;
    std::uint8_t high;
    std::uint8_t low;
    FieldKind kind;
    std::uint8_t line; // of the declaration, counted from NADIR_REGISTER; orders the rows
    std::string_view (*value_name)(std::uint64_t);

    [[nodiscard]] constexpr unsigned width() const { return static_cast<unsigned>(high - low) + 1; }
    [[nodiscard]] constexpr std::uint64_t mask() const { return base::low_mask(width()) << low; }
    // The field's value, right-aligned, of a register's raw value.
    [[nodiscard]] constexpr std::uint64_t of(std::uint64_t raw) const { return (raw & mask()) >> low; }
};

namespace detail {

// Fields register themselves as overloads of one function, told apart by the line that they stand on, counted from
// NADIR_REGISTER. Overload resolution from Line<n> finds the last field at or before line n.
template <unsigned n>
struct Line : Line<n - 1> {};
template <>
struct Line<0> {};
inline constexpr unsigned last_line = 80;

// Not constexpr: calling it in constant evaluation turns a mistake into a compile error.
inline void field_value_does_not_fit() {}

template <typename V>
constexpr std::uint64_t to_bits(V value) {
    if constexpr (std::is_enum_v<V>) {
        return static_cast<std::uint64_t>(static_cast<std::underlying_type_t<V>>(value));
    } else {
        return static_cast<std::uint64_t>(value);
    }
}

template <typename V, typename I>
constexpr V get(I raw, I mask, unsigned low) {
    return static_cast<V>(static_cast<I>((raw & mask) >> low));
}

template <typename V, typename I>
constexpr I set(I raw, I mask, unsigned low, V value) {
    const std::uint64_t wide = to_bits(value);
    const I placed = static_cast<I>(wide << low);
    if (std::is_constant_evaluated() && (wide > (static_cast<std::uint64_t>(mask) >> low))) {
        field_value_does_not_fit();
    }
    return static_cast<I>((raw & static_cast<I>(~mask)) | (placed & mask));
}

template <typename V>
constexpr std::string_view name_by_adl(std::uint64_t value) {
    return name_of(static_cast<V>(value));
}

template <typename V>
constexpr Field describe(std::string_view name, std::string_view description, unsigned high, unsigned low,
                         unsigned line) {
    Field field{name,
                description,
                static_cast<std::uint8_t>(high),
                static_cast<std::uint8_t>(low),
                FieldKind::number,
                static_cast<std::uint8_t>(line),
                nullptr};
    if constexpr (std::is_same_v<V, bool>) {
        field.kind = FieldKind::flag;
    } else if constexpr (std::is_enum_v<V>) {
        field.kind = FieldKind::enumeration;
        field.value_name = &name_by_adl<V>;
    }
    return field;
}

constexpr Field describe_address(std::string_view name, std::string_view description, unsigned high, unsigned low,
                                 unsigned line) {
    Field field = describe<std::uint64_t>(name, description, high, low, line);
    field.kind = FieldKind::address;
    return field;
}

// Walks the overloads from the last line to the first.
template <typename R, unsigned line = last_line>
consteval std::size_t count_fields() {
    if constexpr (requires { R::nadir_field(Line<line>{}); }) {
        constexpr Field field = R::nadir_field(Line<line>{});
        return 1 + count_fields<R, field.line - 1u>();
    } else {
        return 0;
    }
}

template <typename R, unsigned line, std::size_t count>
consteval void fill_fields(std::array<Field, count>& table, std::size_t remaining) {
    if constexpr (requires { R::nadir_field(Line<line>{}); }) {
        constexpr Field field = R::nadir_field(Line<line>{});
        table[remaining - 1] = field;
        fill_fields<R, field.line - 1u>(table, remaining - 1);
    }
}

template <typename R>
consteval auto collect_fields() {
    std::array<Field, count_fields<R>()> table{};
    fill_fields<R, last_line>(table, table.size());
    return table;
}

template <typename R>
inline constexpr auto field_table = collect_fields<R>();

template <typename R>
consteval std::uint64_t covered_bits() {
    std::uint64_t bits = 0;
    for (const Field& field : field_table<R>) {
        bits |= field.mask();
    }
    return bits;
}

} // namespace detail

// Derived: the register itself; Integer: what it is stored in.
template <typename Derived, typename Integer, Reserved policy, Integer ones = 0>
struct Register {
    static_assert(std::is_unsigned_v<Integer>);

    using Self = Derived;
    using integer_type = Integer;

    Integer value = 0;

    constexpr Register() = default;
    constexpr explicit Register(Integer raw) : value(raw) {}

    friend constexpr bool operator==(const Register&, const Register&) = default;

    [[nodiscard]] constexpr bool any(Integer mask) const { return (value & mask) != 0; }
    [[nodiscard]] constexpr bool all(Integer mask) const { return (value & mask) == mask; }

    static constexpr Reserved reserved_policy = policy;

    // All fields in the order of their declaration. (These members are computed at first use, with Derived complete.)
    static constexpr std::span<const Field> fields = detail::field_table<Derived>;
    static constexpr Integer fields_mask = static_cast<Integer>(detail::covered_bits<Derived>());
    static constexpr Integer reserved_mask = static_cast<Integer>(~detail::covered_bits<Derived>());
    // The reserved bits that must be 1.
    static constexpr Integer reserved_ones =
        policy == Reserved::one ? static_cast<Integer>(~detail::covered_bits<Derived>()) : ones;

    // Do the reserved bits have the values that they must have? It says nothing about the fields.
    [[nodiscard]] constexpr bool reserved_valid() const {
        return policy == Reserved::preserve || (value & reserved_mask) == reserved_ones;
    }
    // The same by its usual name; hidden in registers with a field called `valid`.
    [[nodiscard]] constexpr bool valid() const { return reserved_valid(); }
};

namespace detail {
// `remaining`: how many fields there are up to this line.
template <typename R, unsigned line, std::size_t remaining, typename Visitor>
constexpr void visit_fields(Visitor& visitor) {
    if constexpr (remaining != 0) {
        constexpr const Field& field = field_table<R>[remaining - 1];
        visit_fields<R, field.line - 1u, remaining - 1>(visitor);
        R::nadir_visit(Line<field.line>{}, visitor, field);
    }
}
} // namespace detail

// Calls visitor(row of the table, pointer to getter, pointer to setter) for each field, in the order of declaration.
template <typename R, typename Visitor>
constexpr void visit_fields(Visitor&& visitor) {
    detail::visit_fields<R, detail::last_line, detail::field_table<R>.size()>(visitor);
}

// A type that is a register: for printers and generic accessors.
template <typename R>
concept RegisterType = requires(R r) {
    typename R::integer_type;
    r.value;
    R::reserved_policy;
} && std::is_base_of_v<typename R::Self, R>;

} // namespace nadir::arch

// First in every register: its constructors, and the line from which its fields are counted.
#define NADIR_REGISTER                                                                                                 \
    using Register::Register;                                                                                          \
    [[maybe_unused]] static constexpr unsigned nadir_line = __LINE__;

// One field per line of source. `type` is what the getter returns: an unsigned integer or an enum.
#define NADIR_FIELD(type, name, high, low, description)                                                                \
    static_assert(__LINE__ - nadir_line <= ::nadir::arch::detail::last_line, "too many lines for one register");       \
    static constexpr integer_type name##_mask = ::nadir::base::mask<high, low, integer_type>;                          \
    [[nodiscard]] constexpr type name() const { return ::nadir::arch::detail::get<type>(value, name##_mask, low); }    \
    constexpr Self& set_##name(type field_value) {                                                                     \
        value = ::nadir::arch::detail::set(value, name##_mask, low, field_value);                                      \
        return static_cast<Self&>(*this);                                                                              \
    }                                                                                                                  \
    static consteval ::nadir::arch::Field nadir_field(::nadir::arch::detail::Line<__LINE__ - nadir_line>) {            \
        return ::nadir::arch::detail::describe<type>(#name, description, high, low, __LINE__ - nadir_line);            \
    }                                                                                                                  \
    template <typename Visitor>                                                                                        \
    static constexpr void nadir_visit(::nadir::arch::detail::Line<__LINE__ - nadir_line>, Visitor& visitor,            \
                                      const ::nadir::arch::Field& row) {                                               \
        visitor(row, &Self::name, &Self::set_##name);                                                                  \
    }

#define NADIR_BIT(name, position, description) NADIR_FIELD(bool, name, position, position, description)

// Bits [high:low] hold bits [high:low] of an address. The getter returns the address; the setter drops the bits that
// the register does not store.
#define NADIR_ADDRESS(name, high, low, description)                                                                    \
    static_assert(__LINE__ - nadir_line <= ::nadir::arch::detail::last_line, "too many lines for one register");       \
    static constexpr integer_type name##_mask = ::nadir::base::mask<high, low, integer_type>;                          \
    [[nodiscard]] constexpr integer_type name() const { return static_cast<integer_type>(value & name##_mask); }       \
    constexpr Self& set_##name(integer_type address) {                                                                 \
        value = static_cast<integer_type>((value & ~name##_mask) | (address & name##_mask));                           \
        return static_cast<Self&>(*this);                                                                              \
    }                                                                                                                  \
    static consteval ::nadir::arch::Field nadir_field(::nadir::arch::detail::Line<__LINE__ - nadir_line>) {            \
        return ::nadir::arch::detail::describe_address(#name, description, high, low, __LINE__ - nadir_line);          \
    }                                                                                                                  \
    template <typename Visitor>                                                                                        \
    static constexpr void nadir_visit(::nadir::arch::detail::Line<__LINE__ - nadir_line>, Visitor& visitor,            \
                                      const ::nadir::arch::Field& row) {                                               \
        visitor(row, &Self::name, &Self::set_##name);                                                                  \
    }
