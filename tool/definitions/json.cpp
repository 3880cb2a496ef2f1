// SPDX-License-Identifier: MIT OR GPL-2.0-only
// The shape that programs rely on: tool/README.md. Keys are only added. Numbers of 64 bits are hexadecimal strings.
#include "tool/definitions/kinds.h"
#include "tool/definitions/names.h"
#include "tool/definitions/print.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

using Json = nlohmann::ordered_json;

std::string hexadecimal(std::uint64_t number) { return fmt::format("0x{:x}", number); }

std::string_view token_of_field(arch::FieldKind kind) {
    constexpr std::string_view tokens[] = {"flag", "number", "enumeration", "address"};
    return tokens[static_cast<unsigned>(kind)];
}

Json field_to_json(const arch::Field& field) {
    return {{"name", field.name},
            {"high", field.high},
            {"low", field.low},
            {"kind", token_of_field(field.kind)},
            {"description", field.description}};
}

Json or_null(const std::string& words) { return words.empty() ? Json{} : Json(words); }

} // namespace

Json definition_to_json(const Target& target) {
    const arch::Definition& definition = target.definition;
    Json json{{"name", target.name}, {"kind", token_of(definition.kind)}};
    json["number"] = has_number(definition.kind) ? Json(definition.number) : Json{};
    if (definition.kind == arch::DefinitionKind::cpuid) {
        json["sub_leaf"] = definition.sub_leaf;
        json["register"] = squash(name_of(definition.output));
    }
    json["bits"] = definition.bits;
    json["description"] = definition.description;
    return json;
}

Json layout_to_json(const Target& target) {
    Json json = definition_to_json(target);
    json["fields"] = Json::array();
    for (const arch::Field& field : target.definition.fields) {
        json["fields"].push_back(field_to_json(field));
    }
    return json;
}

Json to_json(const Decoded& decoded) {
    Json json = definition_to_json(decoded.target);
    json["value"] = hexadecimal(decoded.value.number);
    json["text"] = decoded.value.text;
    json["read_as"] = name_of(decoded.value.radix);
    json["words"] = or_null(decoded.words);
    json["fields"] = Json::array();
    for (const DecodedField& field : decoded.fields) {
        Json one = field_to_json(*field.field);
        one["value"] = hexadecimal(field.value);
        one["words"] = or_null(field.words);
        json["fields"].push_back(one);
    }
    if (!decoded.controls.empty()) {
        json["controls"] = Json::array();
        for (const DecodedControl& control : decoded.controls) {
            json["controls"].push_back({{"name", control.field->name},
                                        {"bit", control.field->low},
                                        {"may_be_0", control.may_be_0},
                                        {"may_be_1", control.may_be_1}});
        }
    }
    json["reserved_set"] = hexadecimal(decoded.reserved_set);
    json["reserved_clear"] = hexadecimal(decoded.reserved_clear);
    json["notes"] = decoded.notes;
    return json;
}

} // namespace nadir::tool
