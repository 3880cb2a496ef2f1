// SPDX-License-Identifier: MIT OR GPL-2.0-only
// `nadir list`: which registers are known, and which of them have to do with some words.
#include "tool/commands.h"
#include "tool/definitions/kinds.h"
#include "tool/definitions/names.h"
#include "tool/definitions/print.h"
#include "tool/json_output.h"
#include "tool/print_to.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

struct Hit {
    const arch::Definition* definition;
    std::vector<const arch::Field*> fields; // whose names contain a word that nothing else has
};

bool contains(std::string_view text, const std::string& squashed) {
    return squash(text).find(squashed) != std::string::npos;
}

// Of the definition itself: its name (or the one that others use), number or description.
bool is_about(const arch::Definition& definition, const std::string& word) {
    const std::string squashed = squash(word);
    return contains(definition.name, squashed) || contains(number_of(definition), squashed) ||
           contains(definition.description, squashed) || contains(token_of(definition.kind), squashed) ||
           find_by_name(word) == &definition;
}

std::optional<Hit> match(const arch::Definition& definition, const std::vector<std::string>& words) {
    Hit hit{&definition, {}};
    for (const std::string& word : words) {
        bool found = is_about(definition, word);
        for (const arch::Field& field : found ? std::span<const arch::Field>{} : definition.fields) {
            if (contains(field.name, squash(word))) {
                hit.fields.push_back(&field);
                found = true;
            }
        }
        if (!found) {
            return std::nullopt;
        }
    }
    return hit;
}

std::string description_of(const Hit& hit) {
    std::string text(hit.definition->description);
    const char* separator = text.empty() ? "[" : " [";
    for (const arch::Field* field : hit.fields) {
        text += field->high == field->low ? fmt::format("{}{} {}", separator, field->low, field->name)
                                          : fmt::format("{}{}:{} {}", separator, field->high, field->low, field->name);
        separator = ", ";
    }
    return text + (hit.fields.empty() ? "" : "]");
}

void print_table(std::ostream& out, const std::vector<Hit>& hits) {
    std::vector<std::array<std::string, 5>> rows = {{"NAME", "KIND", "NUMBER", "BITS", "DESCRIPTION"}};
    for (const Hit& hit : hits) {
        rows.push_back({std::string(hit.definition->name), std::string(token_of(hit.definition->kind)),
                        number_of(*hit.definition), std::to_string(hit.definition->bits), description_of(hit)});
    }
    std::size_t widths[4] = {};
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < std::size(widths); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const auto& row : rows) {
        print_to(out, "{:<{}}  {:<{}}  {:<{}}  {:>{}}  {}\n", row[0], widths[0], row[1], widths[1], row[2], widths[2],
                 row[3], widths[3], row[4]);
    }
}

void print_as_json(std::ostream& out, const std::vector<Hit>& hits) {
    nlohmann::ordered_json json;
    json["definitions"] = nlohmann::ordered_json::array();
    for (const Hit& hit : hits) {
        nlohmann::ordered_json one = layout_to_json({std::string(hit.definition->name), *hit.definition});
        one["matching_fields"] = nlohmann::ordered_json::array();
        for (const arch::Field* field : hit.fields) {
            one["matching_fields"].push_back(field->name);
        }
        json["definitions"].push_back(one);
    }
    print_json(out, json);
}

} // namespace

ExitStatus command_list(const ListOptions& options, std::ostream& out) {
    std::optional<arch::DefinitionKind> kind;
    if (!options.kind.empty()) {
        kind = find_kind(options.kind);
        if (!kind) {
            throw Failure(ExitStatus::usage, fmt::format("there is no kind \"{}\"", options.kind),
                          fmt::format("The kinds are {}.", kind_tokens()));
        }
    }
    std::vector<Hit> hits;
    for (const arch::Definition& definition : arch::registry) {
        if (!kind || definition.kind == *kind) {
            if (std::optional<Hit> hit = match(definition, options.words)) {
                hits.push_back(std::move(*hit));
            }
        }
    }
    if (options.json) {
        print_as_json(out, hits);
    } else if (!hits.empty()) {
        print_table(out, hits);
    }
    if (!hits.empty()) {
        return ExitStatus::success;
    }
    const std::string words = fmt::format("{}", fmt::join(options.words, " "));
    throw Failure(ExitStatus::failed,
                  kind ? fmt::format("no definition of kind {} has \"{}\"", token_of(*kind), words)
                       : fmt::format("no definition has \"{}\"", words),
                  did_you_mean(near_names(words)));
}

} // namespace nadir::tool
