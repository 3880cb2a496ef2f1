// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/print.h"

#include "tool/definitions/controls.h"
#include "tool/definitions/kinds.h"
#include "tool/print_to.h"

#include <algorithm>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

using Row = std::vector<std::string>;

std::string bits_of(const arch::Field& field) {
    return field.high == field.low ? std::to_string(field.low) : fmt::format("{}:{}", field.high, field.low);
}

std::string value_of(const DecodedField& decoded) {
    const arch::Field& field = *decoded.field;
    const bool small = field.kind != arch::FieldKind::address &&
                       field.width() <= (field.kind == arch::FieldKind::enumeration ? 16 : 8);
    std::string text = small ? std::to_string(decoded.value) : fmt::format("0x{:x}", decoded.value);
    if (!decoded.words.empty()) {
        text += fmt::format(" ({})", decoded.words);
    }
    return text;
}

// The first column to the right, the others to the left, the last as long as it is.
void print_rows(std::ostream& out, const std::vector<Row>& rows) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    for (const Row& row : rows) {
        std::string line = fmt::format("  {:>{}}", row[0], widths[0]);
        for (std::size_t i = 1; i < row.size(); ++i) {
            line += fmt::format("  {:<{}}", row[i], widths[i]);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        print_to(out, "{}\n", line);
    }
}

std::string description_of(const arch::Definition& definition) {
    return definition.description.empty() ? std::string{} : fmt::format(": {}", definition.description);
}

std::string_view setting_of(const DecodedControl& control) {
    if (control.may_be_1) {
        return control.may_be_0 ? "0 or 1" : "must be 1";
    }
    return control.may_be_0 ? "must be 0" : "contradiction";
}

} // namespace

void print_decoded(std::ostream& out, const Decoded& decoded, bool all) {
    const arch::Definition& definition = decoded.target.definition;
    // What has a name is known by its number in decimal, as VM-instruction errors are.
    const std::string number = decoded.words.empty() ? fmt::format("0x{:x}", decoded.value.number)
                                                     : fmt::format("{} ({})", decoded.value.number, decoded.words);
    print_to(out, "{} ({}) = {}{}\n", decoded.target.name, place_of(definition), number, description_of(definition));
    std::vector<Row> rows;
    for (const DecodedField& field : decoded.fields) {
        if (all || field.field->kind != arch::FieldKind::flag || field.value != 0) {
            rows.push_back({bits_of(*field.field), std::string(field.field->name), value_of(field),
                            std::string(field.field->description)});
        }
    }
    print_rows(out, rows);
    rows.clear();
    for (const DecodedControl& control : decoded.controls) {
        if (all || control.may_be_1) {
            rows.push_back({bits_of(*control.field), std::string(control.field->name), std::string(setting_of(control)),
                            std::string(control.field->description)});
        }
    }
    if (!decoded.controls.empty()) {
        print_to(out, "  controls:\n");
        print_rows(out, rows);
    }
    if (decoded.reserved_set != 0) {
        print_to(out, "  reserved bits set: 0x{:x}\n", decoded.reserved_set);
    }
    if (decoded.reserved_clear != 0) {
        print_to(out, "  reserved bits that must be 1 are clear: 0x{:x}\n", decoded.reserved_clear);
    }
    for (const std::string& note : decoded.notes) {
        print_to(out, "  {}\n", note);
    }
    if (decoded.value.guessed) {
        print_to(out, "  {} was read as {}; {} reads it otherwise\n", decoded.value.text, name_of(decoded.value.radix),
                 decoded.value.radix == Radix::decimal ? "--hex" : "--dec");
    }
}

void print_layout(std::ostream& out, const Target& target) {
    const arch::Definition& definition = target.definition;
    print_to(out, "{} ({}), {} bits{}\n", target.name, place_of(definition), definition.bits,
             description_of(definition));
    std::vector<Row> rows;
    for (const arch::Field& field : definition.fields) {
        rows.push_back({bits_of(field), std::string(field.name), std::string(field.description)});
    }
    if (rows.empty()) {
        rows.push_back(
            {fmt::format("{}:0", definition.bits - 1u), definition.value_name != nullptr ? "one of:" : "a number"});
    }
    print_rows(out, rows);
    rows.clear();
    if (definition.value_name != nullptr) {
        for (std::uint64_t number = 0; number < 256; ++number) {
            const std::string_view words = definition.value_name(number);
            if (!words.empty() && !words.starts_with("unknown")) {
                rows.push_back({std::to_string(number), std::string(words)});
            }
        }
    }
    print_rows(out, rows);
}

} // namespace nadir::tool
