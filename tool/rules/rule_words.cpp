// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/rules/rule_words.h"

#include "arch/control_registers.h"
#include "arch/msr/index.h"
#include "tool/definitions/cpuid_names.h"
#include "tool/definitions/memory_range.h"
#include "tool/definitions/names.h"
#include "tool/definitions/nearness.h"
#include "tool/definitions/value.h"
#include "tool/exit_status.h"

#include <fmt/format.h>
#include <optional>
#include <span>

namespace nadir::tool {

namespace {

constexpr std::string_view forms = "`nadir set --help` shows what a rule looks like.";
constexpr std::string_view cpuid_registers[] = {"eax", "ebx", "ecx", "edx"};

[[noreturn]] void fail(const std::string& what, const std::string& advice = {}) {
    throw Failure(ExitStatus::usage, what, advice.empty() ? std::string(forms) : advice);
}

std::string near_words(std::string_view word, std::span<const std::string_view> known) {
    std::vector<Candidate> candidates;
    for (const std::string_view each : known) {
        candidates.push_back({std::string(each), squash(each)});
    }
    return did_you_mean(nearest(squash(word), candidates));
}

[[noreturn]] void unknown(std::string_view what, std::string_view word, std::span<const std::string_view> known) {
    std::string all;
    for (const std::string_view each : known) {
        all += (all.empty() ? "" : ", ") + std::string(each);
    }
    const std::string near = near_words(word, known);
    fail(fmt::format("{} \"{}\" isn't known here", what, word),
         fmt::format("{}{}There are {}.", near, near.empty() ? "" : " ", all));
}

// NAME OPERATOR VALUE; the operator is =, &= or |=.
struct Assignment {
    std::string name, operation, value;
};

Assignment split(const std::string& word, std::string_view example) {
    const std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == word.size()) {
        fail(fmt::format("\"{}\" gives nothing a value", word), fmt::format("Write it like {}.", example));
    }
    const char before = word[equals - 1];
    const bool combined = before == '&' || before == '|';
    return {word.substr(0, combined ? equals - 1 : equals), combined ? word.substr(equals - 1, 2) : "=",
            word.substr(equals + 1)};
}

nadir_rule cpuid_rule(const CpuidName& leaf, const std::string& word) {
    const Assignment given = split(word, "ecx=0x200");
    nadir_rule rule{};
    rule.kind = NADIR_RULE_CPUID;
    rule.number = leaf.leaf;
    rule.subleaf = leaf.sub_leaf;
    while (rule.part < std::size(cpuid_registers) && squash(given.name) != cpuid_registers[rule.part]) {
        ++rule.part;
    }
    if (rule.part == std::size(cpuid_registers)) {
        unknown("register", given.name, cpuid_registers);
    }
    const std::uint64_t value = parse_value(given.value).number;
    if (value >> 32 != 0) {
        fail(fmt::format("{}: CPUID's registers have 32 bits", word), "Give a value of at most 0xffffffff.");
    }
    rule.keep = given.operation == "&=" ? value : given.operation == "|=" ? 0xFFFF'FFFF : 0;
    rule.set = given.operation == "&=" ? 0 : value;
    return rule;
}

std::vector<nadir_rule> parse_cpuid(const std::vector<std::string>& words) {
    if (words.size() < 3) {
        fail("a rule for CPUID needs a leaf and a register's value", "Write it like cpuid 1 ecx=0x200.");
    }
    const std::optional<CpuidName> leaf = parse_cpuid_name(words[1]);
    if (!leaf || leaf->output) {
        fail(fmt::format("\"{}\" is not a CPUID leaf", words[1]),
             "Write LEAF or LEAF.SUBLEAF with hexadecimal numbers, for example 7.0.");
    }
    std::vector<nadir_rule> rules;
    for (std::size_t i = 2; i < words.size(); ++i) {
        rules.push_back(cpuid_rule(*leaf, words[i]));
        rules.back().any_subleaf = words[1].find('.') == std::string::npos ? 1 : 0;
    }
    return rules;
}

nadir_u32 msr_number(const std::string& word) {
    if (looks_like_number(word)) {
        const std::uint64_t number = parse_value(word).number;
        if (number >> 32 != 0) {
            fail(fmt::format("{}: numbers of MSRs have 32 bits", word));
        }
        return static_cast<nadir_u32>(number);
    }
    const arch::Definition* definition = find_by_name(word);
    if (definition == nullptr || definition->kind != arch::DefinitionKind::msr) {
        const std::string near = did_you_mean(near_names(word, arch::DefinitionKind::msr));
        fail(fmt::format("there is no MSR \"{}\"", word),
             fmt::format("{}{}`nadir list --kind msr` has all names; a number does, too.", near,
                         near.empty() ? "" : " "));
    }
    return definition->number;
}

nadir_rule msr_rule(nadir_u32 number, const std::string& word) {
    constexpr std::string_view directions[] = {"read", "write"};
    constexpr std::string_view actions[] = {"refuse", "ignore"};
    const Assignment given = split(word, "read=0x1234, write=refuse or write=ignore");
    nadir_rule rule{};
    rule.number = number;
    if (given.operation != "=") {
        fail(fmt::format("\"{}\": bits of an MSR can't be changed alone", word), "Write read=VALUE.");
    }
    if (squash(given.name) == "read") {
        rule.kind = NADIR_RULE_READ_MSR;
        rule.set = parse_value(given.value).number;
        return rule;
    }
    if (squash(given.name) != "write") {
        unknown("direction", given.name, directions);
    }
    rule.kind = NADIR_RULE_WRITE_MSR;
    if (squash(given.value) == "refuse") {
        rule.action = NADIR_ACTION_REFUSE;
    } else if (squash(given.value) != "ignore") {
        unknown("action", given.value, actions);
    }
    return rule;
}

std::vector<nadir_rule> parse_msr(const std::vector<std::string>& words) {
    if (words.size() < 3) {
        fail("a rule for an MSR needs its name and what is to become of an access",
             "Write it like msr IA32_LSTAR write=refuse.");
    }
    const nadir_u32 number = msr_number(words[1]);
    std::vector<nadir_rule> rules;
    for (std::size_t i = 2; i < words.size(); ++i) {
        rules.push_back(msr_rule(number, words[i]));
    }
    return rules;
}

std::span<const arch::Field> fields_of(nadir_u32 control_register) {
    return control_register == 0 ? std::span<const arch::Field>(arch::Cr0::fields)
                                 : std::span<const arch::Field>(arch::Cr4::fields);
}

nadir_u64 bit_of(nadir_u32 control_register, const std::string& word) {
    std::vector<Candidate> candidates;
    for (const arch::Field& field : fields_of(control_register)) {
        if (squash(field.name) == squash(word)) {
            return field.mask();
        }
        candidates.push_back({std::string(field.name), squash(field.name)});
    }
    const std::string near = did_you_mean(nearest(squash(word), candidates));
    fail(fmt::format("CR{} has no bit \"{}\"", control_register, word),
         fmt::format("{}{}`nadir decode cr{}` shows all.", near, near.empty() ? "" : " ", control_register));
}

std::vector<nadir_rule> parse_pin(nadir_u32 control_register, const std::vector<std::string>& words) {
    if (words.size() < 3 || squash(words[1]) != "pin") {
        fail(fmt::format("a rule for CR{} pins bits", control_register),
             control_register == 0 ? "Write it like cr0 pin WP." : "Write it like cr4 pin SMEP SMAP.");
    }
    nadir_rule rule{};
    rule.kind = NADIR_RULE_PIN;
    rule.number = control_register;
    for (std::size_t i = 2; i < words.size(); ++i) {
        if (words[i] == "=fault" && i > 2 && i + 1 == words.size()) {
            rule.action = NADIR_ACTION_REFUSE;
        } else {
            rule.set |= bit_of(control_register, words[i]);
        }
    }
    return {rule};
}

std::vector<nadir_rule> parse_protect(const std::vector<std::string>& words) {
    constexpr std::string_view actions[] = {"ignore", "refuse"};
    if (words.size() < 2 || words.size() > 3) {
        fail("a rule that protects needs memory, and may say what becomes of a write",
             "Write it like protect 0x1000-0x1fff refuse.");
    }
    const MemoryRange range = parse_memory_range(words[1]);
    nadir_rule rule{};
    rule.kind = NADIR_RULE_PROTECT;
    rule.keep = range.first;
    rule.set = range.last;
    const std::string action = words.size() == 3 ? squash(words[2]) : "ignore";
    if (action == "refuse") {
        rule.action = NADIR_ACTION_REFUSE;
    } else if (action != "ignore") {
        unknown("action", words[2], actions);
    }
    return {rule};
}

std::string words_of_cpuid(const nadir_rule& rule) {
    const std::string subleaf = rule.any_subleaf != 0 ? std::string{} : fmt::format(".{:x}", rule.subleaf);
    const std::string_view name = cpuid_registers[rule.part % std::size(cpuid_registers)];
    const bool sets = rule.keep == 0xFFFF'FFFF;
    const bool clears = rule.set == 0 && rule.keep != 0 && !sets;
    return fmt::format("cpuid {:x}{} {}{}{:#x}", rule.number, subleaf, name,
                       clears ? "&="
                       : sets ? "|="
                              : "=",
                       clears ? rule.keep : rule.set);
}

std::string words_of_msr(const nadir_rule& rule) {
    const std::string_view name = arch::name_of(static_cast<arch::Msr>(rule.number));
    const std::string msr = name.empty() ? fmt::format("{:#x}", rule.number) : std::string(name);
    if (rule.kind == NADIR_RULE_READ_MSR) {
        return fmt::format("msr {} read={:#x}", msr, rule.set);
    }
    return fmt::format("msr {} write={}", msr, rule.action == NADIR_ACTION_REFUSE ? "refuse" : "ignore");
}

std::string words_of_pin(const nadir_rule& rule) {
    std::string bits;
    for (const arch::Field& field : fields_of(rule.number)) {
        if ((rule.set & field.mask()) != 0) {
            bits += fmt::format(" {}", field.name);
        }
    }
    return fmt::format("cr{} pin{}{}", rule.number, bits, rule.action == NADIR_ACTION_REFUSE ? " =fault" : "");
}

} // namespace

std::vector<nadir_rule> parse_rules(const std::vector<std::string>& words) {
    constexpr std::string_view subjects[] = {"cpuid", "msr", "cr0", "cr4", "protect", "list", "remove", "clear"};
    const std::string subject = squash(words.front());
    if (subject == "cpuid") {
        return parse_cpuid(words);
    }
    if (subject == "msr") {
        return parse_msr(words);
    }
    if (subject == "cr0" || subject == "cr4") {
        return parse_pin(subject == "cr0" ? 0 : 4, words);
    }
    if (subject == "protect") {
        return parse_protect(words);
    }
    unknown("rule", words.front(), subjects);
}

std::string words_of_rule(const nadir_rule& rule) {
    switch (rule.kind) {
    case NADIR_RULE_CPUID: return words_of_cpuid(rule);
    case NADIR_RULE_READ_MSR:
    case NADIR_RULE_WRITE_MSR: return words_of_msr(rule);
    case NADIR_RULE_PIN: return words_of_pin(rule);
    case NADIR_RULE_PROTECT:
        return fmt::format("protect {} {}", words_of_memory({rule.keep, rule.set}),
                           rule.action == NADIR_ACTION_REFUSE ? "refuse" : "ignore");
    default: return fmt::format("a rule of kind {}, of another version of Nadir", rule.kind);
    }
}

} // namespace nadir::tool
