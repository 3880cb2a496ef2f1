// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/kinds.h"

#include "tool/definitions/names.h"

#include <fmt/format.h>

namespace nadir::tool {

using arch::DefinitionKind;

namespace {

struct Word {
    std::string_view token;
    DefinitionKind kind;
};

// The first word of a kind is its token.
constexpr Word words[] = {
    {"register", DefinitionKind::processor_register},
    {"reg", DefinitionKind::processor_register},
    {"msr", DefinitionKind::msr},
    {"cpuid", DefinitionKind::cpuid},
    {"vmcs", DefinitionKind::vmcs_field},
    {"vmcs-field", DefinitionKind::vmcs_field},
    {"segment", DefinitionKind::segment},
    {"segmentation", DefinitionKind::segment},
    {"event", DefinitionKind::event},
    {"paging", DefinitionKind::paging},
    {"structure", DefinitionKind::structure},
    {"exit-qualification", DefinitionKind::qualification},
    {"qualification", DefinitionKind::qualification},
    {"instruction-information", DefinitionKind::instruction_information},
    {"instruction-info", DefinitionKind::instruction_information},
    {"exit-instruction-information", DefinitionKind::instruction_information},
    {"vmx-instruction-info", DefinitionKind::instruction_information},
};

} // namespace

std::string_view token_of(DefinitionKind kind) {
    for (const Word& word : words) {
        if (word.kind == kind) {
            return word.token;
        }
    }
    return {};
}

std::optional<DefinitionKind> find_kind(std::string_view word) {
    const std::string squashed = squash(word);
    for (const Word& known : words) {
        if (squash(known.token) == squashed) {
            return known.kind;
        }
    }
    return std::nullopt;
}

std::string kind_tokens() {
    std::string text;
    for (const Word& word : words) {
        if (token_of(word.kind) == word.token) {
            text += (text.empty() ? "" : ", ") + std::string(word.token);
        }
    }
    return text;
}

bool has_number(DefinitionKind kind) {
    return kind == DefinitionKind::msr || kind == DefinitionKind::cpuid || kind == DefinitionKind::vmcs_field ||
           kind == DefinitionKind::qualification || kind == DefinitionKind::instruction_information;
}

std::string_view name_of(arch::CpuidRegister output) {
    constexpr std::string_view names[] = {"EAX", "EBX", "ECX", "EDX"};
    return names[static_cast<unsigned>(output)];
}

std::string number_of(const arch::Definition& definition) {
    switch (definition.kind) {
    case DefinitionKind::msr: return fmt::format("0x{:x}", definition.number);
    case DefinitionKind::vmcs_field: return fmt::format("0x{:04x}", definition.number);
    case DefinitionKind::cpuid:
        return fmt::format("0x{:x}.{} {}", definition.number, definition.sub_leaf, name_of(definition.output));
    case DefinitionKind::qualification:
    case DefinitionKind::instruction_information: return std::to_string(definition.number);
    default: return {};
    }
}

std::string place_of(const arch::Definition& definition) {
    switch (definition.kind) {
    case DefinitionKind::msr: return fmt::format("MSR 0x{:x}", definition.number);
    case DefinitionKind::vmcs_field: return fmt::format("VMCS field 0x{:04x}", definition.number);
    case DefinitionKind::cpuid:
        return fmt::format("CPUID leaf 0x{:x}, sub-leaf {}, {}", definition.number, definition.sub_leaf,
                           name_of(definition.output));
    case DefinitionKind::qualification: return fmt::format("exit qualification, exit reason {}", definition.number);
    case DefinitionKind::instruction_information:
        return fmt::format("instruction information, exit reason {}", definition.number);
    default: return std::string(arch::name_of(definition.kind));
    }
}

} // namespace nadir::tool
