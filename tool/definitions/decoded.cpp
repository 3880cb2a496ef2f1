// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/definitions/decoded.h"

#include "tool/definitions/controls.h"
#include "tool/definitions/notes.h"
#include "tool/exit_status.h"

#include <bit>
#include <fmt/format.h>

namespace nadir::tool {

namespace {

DecodedField decode_field(const arch::Definition& definition, const arch::Field& field, std::uint64_t raw) {
    DecodedField decoded{&field, field.of(raw), {}};
    if (field.kind == arch::FieldKind::address) {
        decoded.value = raw & field.mask();
    } else if (field.value_name != nullptr) {
        decoded.words = field.value_name(decoded.value);
        if (decoded.words.empty()) {
            decoded.words = "no meaning";
        }
    } else if (field.kind == arch::FieldKind::number) {
        decoded.words = words_of(definition, field, decoded.value);
    }
    return decoded;
}

std::vector<DecodedControl> decode_controls(const arch::Definition& definition, std::uint64_t raw) {
    std::vector<DecodedControl> controls;
    const std::uint64_t must_be_1 = raw & base::low_mask(32);
    const std::uint64_t may_be_1 = raw >> 32;
    for (const arch::Field& field : controls_of(definition)) {
        controls.push_back({&field, (must_be_1 & field.mask()) == 0, (may_be_1 & field.mask()) != 0});
    }
    return controls;
}

} // namespace

Decoded decode(const Target& target, const Value& value) {
    const arch::Definition& definition = target.definition;
    const std::uint64_t raw = value.number;
    const auto width = static_cast<unsigned>(std::bit_width(raw));
    if (width > definition.bits) {
        throw Failure(ExitStatus::usage,
                      fmt::format("0x{:x} has {} bits; {} has {}", raw, width, target.name, definition.bits));
    }
    Decoded decoded{target, value, {}, {}, decode_controls(definition, raw), 0, 0, {}};
    if (definition.value_name != nullptr) {
        decoded.words = definition.value_name(raw);
        if (decoded.words.empty()) {
            decoded.words = "no meaning";
        }
    }
    std::uint64_t covered = 0;
    for (const arch::Field& field : definition.fields) {
        covered |= field.mask();
        decoded.fields.push_back(decode_field(definition, field, raw));
    }
    if (!definition.fields.empty()) {
        const std::uint64_t reserved = base::low_mask(definition.bits) & ~covered;
        decoded.reserved_set = raw & reserved & ~definition.reserved_ones;
        decoded.reserved_clear = ~raw & definition.reserved_ones;
    }
    decoded.notes = notes_on(definition, raw);
    return decoded;
}

} // namespace nadir::tool
