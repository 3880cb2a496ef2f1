// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/json_dump.h"

#include "tool/capability_json.h"
#include "tool/dump/field_names.h"
#include "tool/dump/log_lines.h"
#include "tool/exit_status.h"
#include "tool/json.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kind = "nadir vmcs dump";

std::optional<std::uint64_t> number_in(const Json& json) {
    if (json.is_number_unsigned()) {
        return json.get<std::uint64_t>();
    }
    return json.is_string() ? whole_hex(json.get_ref<const std::string&>()) : std::nullopt;
}

// A number of 32 bits under that name; complains where it is something else.
std::optional<std::uint32_t> member(Dump& dump, const Json& json, const char* name) {
    if (!json.contains(name) || json[name].is_null()) {
        return std::nullopt;
    }
    const auto number = number_in(json[name]);
    if (!number || *number > 0xFFFF'FFFF) {
        dump.complain(0, fmt::format("/{}", name), "a number is expected (such as \"0x5\")");
        return std::nullopt;
    }
    return static_cast<std::uint32_t>(*number);
}

void read_fields(Dump& dump, const Json& fields) {
    for (const auto& [name, value] : fields.items()) {
        const std::string place = fmt::format("/fields/{}", name);
        const NamedField named = field_named(name);
        if (named.field == nullptr || named.high_half) {
            dump.complain(0, place, "no VMCS field is called so");
            continue;
        }
        // An object: what explains the value may stand beside it.
        const auto number = number_in(value.is_object() && value.contains("value") ? value["value"] : value);
        if (!number) {
            dump.complain(0, place, "a number is expected (such as \"0x5\")");
            continue;
        }
        dump.read_field(0, place, named.field->encoding.value, *number);
    }
}

} // namespace

bool looks_like_json_dump(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '{';
}

Dump read_json_dump(std::string_view text) {
    Dump dump;
    dump.format = DumpFormat::json;
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains("kind") || json["kind"] != kind) {
        dump.complain(static_cast<unsigned>(std::count(text.begin(), text.end(), '\n') + 1), {},
                      json.is_discarded() ? "this is not whole JSON: it was damaged, or cut off"
                                          : "JSON of `nadir dump --json` is expected (\"kind\": \"nadir vmcs dump\")");
        dump.truncated = "nothing of it could be read";
        return dump;
    }
    if (member(dump, json, "format").value_or(0) != dump_json_format) {
        dump.complain(0, "/format", fmt::format("this version of nadir reads format {}", dump_json_format));
    }
    dump.processor = member(dump, json, "processor");
    if (json.contains("source") && json["source"].is_string()) {
        dump.source = printable(json["source"].get_ref<const std::string&>());
    }
    dump.recorded.exit_reason = member(dump, json, "exit_reason");
    dump.recorded.instruction_error = member(dump, json, "instruction_error");
    if (json.contains("fields") && json["fields"].is_object()) {
        read_fields(dump, json["fields"]);
    } else {
        dump.complain(0, "/fields", "an object with the VMCS fields is expected");
    }
    if (json.contains("capabilities") && !json["capabilities"].is_null()) {
        try {
            dump.capabilities = capabilities_from_json(json["capabilities"], "/capabilities");
        } catch (const Failure& failure) {
            dump.complain(0, "/capabilities", failure.what());
        }
    }
    return dump;
}

nlohmann::ordered_json dump_to_json(const Dump& dump) {
    Json json;
    json["kind"] = kind;
    json["format"] = dump_json_format;
    json["processor"] = nullptr;
    if (dump.processor) {
        json["processor"] = *dump.processor;
    }
    json["source"] = dump.source;
    json["exit_reason"] = nullptr;
    if (dump.recorded.exit_reason) {
        json["exit_reason"] = fmt::format("{:#x}", *dump.recorded.exit_reason);
    }
    json["instruction_error"] = nullptr;
    if (dump.recorded.instruction_error) {
        json["instruction_error"] = *dump.recorded.instruction_error;
    }
    json["fields"] = Json::object();
    for (const arch::VmcsFieldInfo& field : arch::vmcs_fields) {
        std::uint64_t value = 0;
        if (dump.vmcs.get(field.encoding.value, value)) {
            json["fields"][std::string(field.name)] = fmt::format("{:#x}", value);
        }
    }
    json["capabilities"] = nullptr;
    if (dump.capabilities) {
        json["capabilities"] = to_json(*dump.capabilities);
    }
    return json;
}

} // namespace nadir::tool
