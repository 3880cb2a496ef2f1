// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir set`: rules for what the system gets to see, and what it may not do (docs/reactions.md).
#include "tool/commands.h"
#include "tool/definitions/names.h"
#include "tool/definitions/value.h"
#include "tool/json_output.h"
#include "tool/print_to.h"
#include "tool/report.h"
#include "tool/rules/rule_words.h"
#include "tool/units.h"

#include <fmt/format.h>
#include <span>

namespace nadir::tool {

namespace {

constexpr const char* register_names[] = {"eax", "ebx", "ecx", "edx"};

std::span<const nadir_listed_rule> rules_of(const nadir_rules_request& answer) {
    return {answer.rules, answer.count < NADIR_RULES ? answer.count : NADIR_RULES};
}

nadir_rules_request ask(Device& device, nadir_rules_operation operation, nadir_u32 number = 0,
                        const nadir_rule& rule = {}) {
    nadir_rules_request wanted{};
    wanted.operation = operation;
    wanted.number = number;
    wanted.rule = rule;
    const nadir_rules_request answer = device.rules(wanted);
    if (answer.report.status != NADIR_OK) {
        throw Failure(exit_status_of(answer.report), words_of(answer.report));
    }
    return answer;
}

// All of them or none.
nadir_rules_request add(Device& device, const std::vector<nadir_rule>& rules, std::vector<nadir_u32>& added) {
    nadir_rules_request answer{};
    try {
        for (const nadir_rule& rule : rules) {
            answer = ask(device, NADIR_RULES_ADD, 0, rule);
            added.push_back(answer.number);
        }
    } catch (const Failure&) {
        for (const nadir_u32 number : added) {
            (void)ask(device, NADIR_RULES_REMOVE, number);
        }
        throw;
    }
    return answer;
}

std::vector<nadir_u32> numbers_to_remove(const std::vector<std::string>& words) {
    std::vector<nadir_u32> numbers;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::uint64_t number = looks_like_number(words[i]) ? parse_value(words[i], Reading::decimal).number : 0;
        if (number == 0 || number > NADIR_RULES) {
            throw Failure(ExitStatus::usage, fmt::format("\"{}\" is not the number of a rule", words[i]),
                          "`nadir set` lists the rules with their numbers.");
        }
        numbers.push_back(static_cast<nadir_u32>(number));
    }
    if (numbers.empty()) {
        throw Failure(ExitStatus::usage, "which rule is to be removed?",
                      "`nadir set` lists the rules with their numbers; `nadir set clear` removes all.");
    }
    return numbers;
}

nlohmann::ordered_json to_json(const nadir_listed_rule& listed) {
    const nadir_rule& rule = listed.rule;
    nlohmann::ordered_json json;
    json["number"] = listed.number;
    json["rule"] = words_of_rule(rule);
    json["answered"] = listed.answered;
    switch (rule.kind) {
    case NADIR_RULE_CPUID:
        json["kind"] = "cpuid";
        json["leaf"] = rule.number;
        json["subleaf"] = nullptr;
        if (rule.any_subleaf == 0) {
            json["subleaf"] = rule.subleaf;
        }
        json["register"] = register_names[rule.part % std::size(register_names)];
        json["keep"] = rule.keep;
        json["set"] = rule.set;
        break;
    case NADIR_RULE_READ_MSR:
        json["kind"] = "msr read";
        json["msr"] = rule.number;
        json["value"] = fmt::format("{:#x}", rule.set);
        break;
    case NADIR_RULE_WRITE_MSR:
        json["kind"] = "msr write";
        json["msr"] = rule.number;
        json["refused"] = rule.action == NADIR_ACTION_REFUSE;
        break;
    case NADIR_RULE_PROTECT:
        json["kind"] = "protect";
        json["first"] = fmt::format("{:#x}", rule.keep);
        json["last"] = fmt::format("{:#x}", rule.set);
        json["refused"] = rule.action == NADIR_ACTION_REFUSE;
        break;
    default:
        json["kind"] = "pin";
        json["control_register"] = rule.number;
        json["bits"] = fmt::format("{:#x}", rule.set);
        json["faults"] = rule.action == NADIR_ACTION_REFUSE;
        break;
    }
    return json;
}

void print(std::ostream& out, const nadir_rules_request& answer) {
    if (rules_of(answer).empty()) {
        print_to(out, "There are no rules.\n");
        return;
    }
    print_to(out, "{:>4}  {:>16}  rule\n", "", "answered");
    for (const nadir_listed_rule& listed : rules_of(answer)) {
        print_to(out, "{:>4}  {:>16}  {}\n", listed.number, grouped(listed.answered), words_of_rule(listed.rule));
    }
}

} // namespace

ExitStatus command_set(System& system, const SetOptions& options, std::ostream& out) {
    const std::vector<std::string>& words = options.words;
    const std::string verb = words.empty() ? "list" : squash(words.front());
    std::vector<nadir_u32> changed; // rules that came or went
    nadir_rules_request answer{};
    if ((verb == "list" || verb == "clear") && words.size() > 1) {
        throw Failure(ExitStatus::usage, fmt::format("nothing is expected behind \"{}\": {}", words[0], words[1]),
                      "`nadir set --help` shows what there is to say.");
    }
    if (verb == "list" || verb == "clear") {
        const auto device = system.open_device();
        answer = ask(*device, verb == "list" ? NADIR_RULES_LIST : NADIR_RULES_CLEAR);
    } else if (verb == "remove") {
        changed = numbers_to_remove(words);
        const auto device = system.open_device();
        for (const nadir_u32 number : changed) {
            answer = ask(*device, NADIR_RULES_REMOVE, number);
        }
    } else {
        const std::vector<nadir_rule> rules = parse_rules(words);
        const auto device = system.open_device();
        answer = add(*device, rules, changed);
    }
    if (options.json) {
        nlohmann::ordered_json json{{"changed", changed}, {"rules", nlohmann::ordered_json::array()}};
        for (const nadir_listed_rule& listed : rules_of(answer)) {
            json["rules"].push_back(to_json(listed));
        }
        print_json(out, json);
    } else {
        print(out, answer);
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
