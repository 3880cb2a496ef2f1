// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// Everything in arch/ that has a name and a value, as one table: what `nadir decode` and `nadir list` walk.
#pragma once

#include "arch/everything.h"

namespace nadir::arch {

enum class DefinitionKind : std::uint8_t {
    processor_register,
    msr,
    cpuid,
    vmcs_field,
    segment,
    event,
    paging,
    structure,
    qualification,
    instruction_information,
};

constexpr std::string_view name_of(DefinitionKind kind) {
    constexpr std::string_view names[] = {
        "register",           "MSR",
        "CPUID leaf",         "VMCS field",
        "segmentation",       "event",
        "paging structure",   "structure",
        "exit qualification", "instruction information",
    };
    const auto index = static_cast<std::size_t>(kind);
    return index < std::size(names) ? names[index] : std::string_view{};
}

enum class CpuidRegister : std::uint8_t { eax, ebx, ecx, edx };

struct Definition {
    DefinitionKind kind;
    std::string_view name; // unique
    std::string_view description;
    std::uint32_t number;          // MSR index, CPUID leaf, VMCS encoding, exit reason
    std::uint32_t sub_leaf;        // CPUID only
    CpuidRegister output;          // CPUID only
    std::uint8_t bits;             // width of the value
    std::span<const Field> fields; // empty where the value is one number
    std::string_view (*value_name)(std::uint64_t);
    // What must be in the bits that no field covers; those in `reserved_ones` must be 1.
    Reserved reserved = Reserved::preserve;
    std::uint64_t reserved_ones = 0;
};

// Stands in the lists for things whose value is one number.
struct Plain {};

namespace detail {

template <typename T>
constexpr Definition define(DefinitionKind kind, std::string_view name, std::uint32_t number,
                            std::string_view description) {
    Definition definition{kind, name, description, number, 0, CpuidRegister::eax, 64, {}, nullptr};
    if constexpr (std::is_enum_v<T>) {
        definition.bits = sizeof(T) * 8;
        definition.value_name = &name_by_adl<T>;
    } else if constexpr (RegisterType<T>) {
        definition.bits = sizeof(typename T::integer_type) * 8;
        definition.fields = T::fields;
        definition.reserved = T::reserved_policy;
        definition.reserved_ones = T::reserved_ones;
    }
    return definition;
}

template <typename T>
constexpr Definition define_cpuid(std::uint32_t leaf, std::uint32_t sub_leaf, CpuidRegister output,
                                  std::string_view name) {
    Definition definition = define<T>(DefinitionKind::cpuid, name, leaf, cpuid::title_of(leaf, sub_leaf));
    definition.bits = 32;
    definition.sub_leaf = sub_leaf;
    definition.output = output;
    return definition;
}

constexpr std::uint8_t bits_of(FieldWidth width) {
    return width == FieldWidth::bits16 ? 16 : (width == FieldWidth::bits32 ? 32 : 64);
}

constexpr Definition define_vmcs_field(const VmcsFieldInfo& field) {
    return {DefinitionKind::vmcs_field,
            field.name,
            name_of(field.group()),
            field.encoding.value,
            0,
            CpuidRegister::eax,
            bits_of(field.width()),
            field.parts,
            field.value_name,
            field.reserved,
            field.reserved_ones};
}

inline constexpr Definition named_definitions[] = {
#define NADIR_NAMED(kind, name, number, type, description)                                                             \
    define<type>(DefinitionKind::kind, #name, number, description),
#include "arch/registers.inc"
#undef NADIR_NAMED
};

inline constexpr Definition msr_definitions[] = {
#define NADIR_MSR(name, index, type, description) define<type>(DefinitionKind::msr, #name, index, description),
#include "arch/msr/index.inc"
#undef NADIR_MSR
};

// Names look like "cpuid.0x7.1.eax".
inline constexpr Definition cpuid_definitions[] = {
#define NADIR_CPUID(leaf, sub_leaf, output, type)                                                                      \
    define_cpuid<cpuid::type>(leaf, sub_leaf, CpuidRegister::output, "cpuid." #leaf "." #sub_leaf "." #output),
#include "arch/cpuid/leaves.inc"
#undef NADIR_CPUID
};

consteval auto collect_definitions() {
    constexpr std::size_t count = std::size(named_definitions) + std::size(msr_definitions) +
                                  std::size(cpuid_definitions) + std::size(vmcs_fields);
    std::array<Definition, count> all{};
    std::size_t next = 0;
    for (const Definition& definition : named_definitions) {
        all[next++] = definition;
    }
    for (const Definition& definition : msr_definitions) {
        all[next++] = definition;
    }
    for (const Definition& definition : cpuid_definitions) {
        all[next++] = definition;
    }
    for (const VmcsFieldInfo& field : vmcs_fields) {
        all[next++] = define_vmcs_field(field);
    }
    return all;
}

} // namespace detail

inline constexpr auto registry = detail::collect_definitions();

// The first definition of that name; null when there is none.
constexpr const Definition* find_definition(std::string_view name) {
    for (const Definition& definition : registry) {
        if (definition.name == name) {
            return &definition;
        }
    }
    return nullptr;
}

// The first definition of that kind and number; null when there is none.
constexpr const Definition* find_definition(DefinitionKind kind, std::uint32_t number) {
    for (const Definition& definition : registry) {
        if (definition.kind == kind && definition.number == number) {
            return &definition;
        }
    }
    return nullptr;
}

} // namespace nadir::arch
