// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/trace/event_json.h"

#include "tool/trace/event_fields.h"

#include <fmt/format.h>

namespace nadir::tool {

nlohmann::ordered_json fields_json(const nadir_event& event) {
    nlohmann::ordered_json json = nlohmann::ordered_json::object();
    for (const EventField& field : event_fields_of(event.kind)) {
        json[std::string(field.name)] = fmt::format("{:#x}", value_of(field, event));
    }
    return json;
}

nlohmann::ordered_json registers_json(const SeenEvent& one) {
    if (!one.registers) {
        return nullptr;
    }
    nlohmann::ordered_json json;
    for (std::size_t i = 0; i < register_names.size(); ++i) {
        json[std::string(register_names[i])] = fmt::format("{:#x}", (*one.registers)[i]);
    }
    return json;
}

nlohmann::ordered_json process_json(const SeenEvent& one) {
    if (!has_process(one)) {
        return nullptr;
    }
    return {{"name", process_name(one)},
            {"pid", one.process.process},
            {"tid", one.process.thread},
            {"kernel", (one.process.flags & NADIR_PROCESS_OF_KERNEL) != 0}};
}

} // namespace nadir::tool
