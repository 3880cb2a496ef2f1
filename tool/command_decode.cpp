// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir decode`: what the bits of a register say, in words.
#include "tool/commands.h"
#include "tool/definitions/kinds.h"
#include "tool/definitions/lookup.h"
#include "tool/definitions/print.h"
#include "tool/json_output.h"
#include "tool/print_to.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

constexpr std::size_t registers_of_a_leaf = 4;

std::vector<Value> values_of(const DecodeOptions& options) {
    const Reading reading = options.hexadecimal ? Reading::hexadecimal
                            : options.decimal   ? Reading::decimal
                                                : Reading::automatic;
    std::vector<Value> values;
    values.reserve(options.values.size());
    for (const std::string& text : options.values) {
        values.push_back(parse_value(text, reading));
    }
    return values;
}

// Each value by each definition that is meant; the four of a CPUID leaf by their registers.
std::vector<Decoded> decode_all(const Found& found, const std::vector<Value>& values) {
    std::vector<Decoded> decoded;
    if (found.whole_leaf) {
        if (values.size() != registers_of_a_leaf) {
            throw Failure(ExitStatus::usage,
                          fmt::format("a CPUID leaf has 4 values, EAX EBX ECX EDX, not {}", values.size()),
                          fmt::format("Give all four, or name the register: {}.", found.targets[1].name));
        }
        for (std::size_t i = 0; i < registers_of_a_leaf; ++i) {
            decoded.push_back(decode(found.targets[i], values[i]));
        }
        return decoded;
    }
    for (const Value& value : values) {
        for (const Target& target : found.targets) {
            decoded.push_back(decode(target, value));
        }
    }
    return decoded;
}

// "guest_cr0=0x80050033" in one word.
DecodeOptions split_assignment(DecodeOptions options) {
    const std::size_t equals = options.name.find('=');
    if (options.values.empty() && equals != std::string::npos && options.name.find('(') == std::string::npos) {
        options.values.push_back(options.name.substr(equals + 1));
        options.name.erase(equals);
    }
    return options;
}

} // namespace

ExitStatus command_decode(const DecodeOptions& given, std::ostream& out) {
    const DecodeOptions options = split_assignment(given);
    const std::vector<Value> values = values_of(options);
    const Found found = find_register(options.name, values.size());
    const std::vector<Decoded> all = values.empty() ? std::vector<Decoded>{} : decode_all(found, values);
    if (options.json) {
        nlohmann::ordered_json json;
        json["decoded"] = nlohmann::ordered_json::array();
        for (const Decoded& one : all) {
            json["decoded"].push_back(to_json(one));
        }
        json["layouts"] = nlohmann::ordered_json::array();
        for (const Target& target : values.empty() ? found.targets : std::vector<Target>{}) {
            json["layouts"].push_back(layout_to_json(target));
        }
        print_json(out, json);
        return ExitStatus::success;
    }
    if (found.targets.size() > 1 && !found.whole_leaf) {
        print_to(out, "{} can mean {} things; choose one by its name, or by its kind as in {}:{}.\n\n", options.name,
                 found.targets.size(), token_of(found.targets[0].definition.kind), options.name);
    }
    const char* separator = "";
    for (const Decoded& one : all) {
        out << separator;
        print_decoded(out, one, options.all);
        separator = "\n";
    }
    for (const Target& target : values.empty() ? found.targets : std::vector<Target>{}) {
        out << separator;
        print_layout(out, target);
        separator = "\n";
    }
    return ExitStatus::success;
}

} // namespace nadir::tool
