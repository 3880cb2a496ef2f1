// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/console_outcome.h"

#include "tool/dump/log_lines.h"

#include <charconv>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

std::optional<std::uint64_t> number_behind(std::string_view text, std::string_view words) {
    const std::size_t at = text.find(words);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const auto number = leading_hex(trimmed(text.substr(at + words.size())));
    return number ? std::optional(number->value) : std::nullopt;
}

constexpr std::uint32_t last_instruction_error = 28;

} // namespace

std::optional<RecordedOutcome> outcome_in(std::string_view text, unsigned line) {
    if (trimmed(text).starts_with('#')) {
        return std::nullopt; // a remark of whoever kept the dump
    }
    RecordedOutcome outcome;
    outcome.where = fmt::format("line {}: {}", line, printable(text));
    // KVM hands over the exit reason, or else the VM-instruction error.
    if (const auto error = number_behind(text, "hardware error 0x")) {
        if (*error != 0 && *error <= last_instruction_error) {
            outcome.instruction_error = static_cast<std::uint32_t>(*error);
        } else {
            outcome.exit_reason = static_cast<std::uint32_t>(*error);
        }
        return outcome;
    }
    if (const auto reason = number_behind(text, "vmentry failure (reason ")) {
        outcome.exit_reason = static_cast<std::uint32_t>(*reason);
        return outcome;
    }
    for (const std::string_view words : {"VMLAUNCH error: ", "VMRESUME error: "}) {
        if (const auto error = number_behind(text, words)) {
            outcome.instruction_error = static_cast<std::uint32_t>(*error);
            return outcome;
        }
    }
    return std::nullopt;
}

std::optional<unsigned> last_attempted_on(std::string_view text) {
    constexpr std::string_view words = "last attempted VM-entry on CPU ";
    const std::size_t at = text.find(words);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view rest = text.substr(at + words.size());
    unsigned processor = 0;
    return std::from_chars(rest.data(), rest.data() + rest.size(), processor).ec == std::errc{}
               ? std::optional(processor)
               : std::nullopt;
}

bool ends_dump(std::string_view text) {
    for (const std::string_view words :
         {"EAX=", "RAX=", "KVM: ", "KVM internal error", "domain_crash", "****", "----["}) {
        if (text.starts_with(words)) {
            return true;
        }
    }
    return text.find("KVM: entry failed") != std::string_view::npos;
}

} // namespace nadir::tool
