// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/models/models.h"

#include <string>

namespace nadir::tool {

std::optional<ProcessorKind> processor_model(std::string_view name) {
    for (const EmbeddedModel& model : processor_models()) {
        if (model.name == name) {
            return kinds_from_json(std::string(model.json), std::string(name)).front();
        }
    }
    return std::nullopt;
}

} // namespace nadir::tool
