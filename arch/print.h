// SPDX-License-Identifier: MIT OR GPL-2.0-only
//
// The printer that every register gets from its declaration.
#pragma once

#include "arch/register.h"
#include "base/format.h"

namespace nadir::arch {

// Flags by their name when set, other fields as name=value where the value isn't 0 or has a name; then what is in
// reserved bits: "pae vmxe" or "vector=13 type=hardware exception valid reserved=0x4000".
constexpr void print_fields(base::Writer& writer, std::span<const Field> fields, std::uint64_t raw) {
    std::uint64_t covered = 0;
    bool first = true;
    const auto separate = [&] {
        if (!first) {
            writer.character(' ');
        }
        first = false;
    };
    for (const Field& field : fields) {
        covered |= field.mask();
        const std::uint64_t value = field.of(raw);
        if (field.kind == FieldKind::flag) {
            if (value != 0) {
                separate();
                writer.text(field.name);
            }
            continue;
        }
        const std::string_view words = field.value_name != nullptr ? field.value_name(value) : std::string_view{};
        if (value == 0 && words.empty()) {
            continue;
        }
        separate();
        writer.text(field.name).character('=');
        if (!words.empty()) {
            writer.text(words);
        } else if (field.kind == FieldKind::address) {
            writer.hex(raw & field.mask());
        } else if (field.width() <= 8) {
            writer.decimal(value);
        } else {
            writer.hex(value);
        }
    }
    if ((raw & ~covered) != 0) {
        separate();
        writer.text("reserved=").hex(raw & ~covered);
    }
}

template <RegisterType R>
constexpr void print(base::Writer& writer, const R& value) {
    print_fields(writer, R::fields, value.value);
}

} // namespace nadir::arch
