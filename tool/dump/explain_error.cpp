// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/explain_error.h"

#include "arch/vmx/instruction_error.h"
#include "check/entry/instruction_errors.h"
#include "tool/json_output.h"
#include "tool/print_to.h"

#include <charconv>
#include <fmt/format.h>
#include <vector>

namespace nadir::tool {

namespace {

using check::InstructionErrorAdvice;
using check::VmxFailure;
using check::VmxInstruction;

struct Asked {
    VmxFailure failure;
    unsigned number;
};

std::string lower(std::string text) {
    for (char& c : text) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return text;
}

constexpr unsigned last_error = 28;

Asked asked_for(const std::string& error) {
    const std::string word = lower(error);
    if (word == "invalid" || word == "vmfailinvalid") {
        return {VmxFailure::invalid, 0};
    }
    if (word == "gp" || word == "#gp" || word == "#gp(0)") {
        return {VmxFailure::general_protection, 0};
    }
    if (word == "ud" || word == "#ud") {
        return {VmxFailure::undefined_opcode, 0};
    }
    unsigned number = 0;
    const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (failed != std::errc{} || end != word.data() + word.size() || number == 0 || number > last_error) {
        throw Failure(
            ExitStatus::usage, fmt::format("\"{}\" is no VM-instruction error.", error),
            "They are 1 to 28, in decimal; \"invalid\" is VMfailInvalid (CF = 1), \"gp\" and \"ud\" are faults.");
    }
    return {VmxFailure::valid, number};
}

VmxInstruction instruction_named(const std::string& name) {
    if (name.empty()) {
        return VmxInstruction::any;
    }
    std::string all;
    for (unsigned i = 1; i <= static_cast<unsigned>(VmxInstruction::vmxon); ++i) {
        const auto instruction = static_cast<VmxInstruction>(i);
        if (lower(std::string(check::name_of(instruction))) == lower(name)) {
            return instruction;
        }
        all += fmt::format("{}{}", all.empty() ? "" : ", ", check::name_of(instruction));
    }
    throw Failure(ExitStatus::usage, fmt::format("\"{}\" is no VMX instruction that fails so.", name),
                  fmt::format("They are {}.", all));
}

std::string title_of(const Asked& asked) {
    switch (asked.failure) {
    case VmxFailure::valid:
        return fmt::format("VM-instruction error {}: {}", asked.number,
                           name_of(static_cast<arch::InstructionError>(asked.number)));
    case VmxFailure::invalid:
        return "VMfailInvalid (CF = 1): it failed, and there is no current VMCS to hold an error number";
    case VmxFailure::general_protection: return "#GP(0): general-protection exception";
    case VmxFailure::undefined_opcode: return "#UD: invalid-opcode exception";
    }
    return {};
}

std::vector<InstructionErrorAdvice> advice_on(const Asked& asked, VmxInstruction instruction) {
    std::vector<InstructionErrorAdvice> found;
    for (const InstructionErrorAdvice& advice : check::instruction_error_advice()) {
        if (advice.failure == asked.failure && advice.number == asked.number && applies_to(advice, instruction)) {
            found.push_back(advice);
        }
    }
    return found;
}

} // namespace

ExitStatus explain_error(const std::string& error, const std::string& instruction, bool json, std::ostream& out) {
    const Asked asked = asked_for(error);
    const std::vector<InstructionErrorAdvice> found = advice_on(asked, instruction_named(instruction));
    if (json) {
        nlohmann::ordered_json document = {{"error", asked.number}, {"title", title_of(asked)}};
        document["advice"] = nlohmann::ordered_json::array();
        for (const InstructionErrorAdvice& advice : found) {
            document["advice"].push_back({{"instruction", check::name_of(advice.instruction)},
                                          {"rule", advice.rule},
                                          {"causes", advice.causes},
                                          {"advice", advice.advice},
                                          {"section", advice.section}});
        }
        print_json(out, document);
        return ExitStatus::success;
    }
    print_to(out, "{}\n", title_of(asked));
    if (found.empty()) {
        print_to(out, "  {}\n",
                 advice_on(asked, VmxInstruction::any).empty() ? "The manual gives this number no meaning."
                                                               : "That instruction doesn't fail so.");
    }
    for (const InstructionErrorAdvice& advice : found) {
        print_to(out, "\n{}\n",
                 advice.instruction == VmxInstruction::any ? "Any instruction that reports it:"
                                                           : std::string(check::name_of(advice.instruction)) + ":");
        print_to(out, "  rule: {}\n  usual causes: {}\n  what to do: {}\n  manual: {}\n", advice.rule, advice.causes,
                 advice.advice, advice.section);
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
