// SPDX-License-Identifier: MIT OR GPL-2.0-only
// Kinds of definitions as words of the command line and of JSON, and numbers as each kind has them.
#pragma once

#include "arch/registry.h"

#include <optional>
#include <string>
#include <string_view>

namespace nadir::tool {

// "msr", "vmcs", "exit-qualification": stable, for programs.
std::string_view token_of(arch::DefinitionKind kind);
// The token, or a word that people use for it; case and separators don't matter.
std::optional<arch::DefinitionKind> find_kind(std::string_view word);
// All tokens, for messages: "register, msr, ...".
std::string kind_tokens();

// Does its number say anything? (That of a segment descriptor doesn't.)
bool has_number(arch::DefinitionKind kind);
// For a table: "0x4816", "0x7.0 EBX", "48"; empty where there is none.
std::string number_of(const arch::Definition& definition);
// In words: "MSR 0xc0000080", "CPUID leaf 0x7, sub-leaf 0, EBX", "exit reason 48 (EPT violation)".
std::string place_of(const arch::Definition& definition);

std::string_view name_of(arch::CpuidRegister output); // "EBX"

} // namespace nadir::tool
