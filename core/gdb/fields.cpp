// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/fields.h"

#include <optional>

#include "arch/vmx/field_encoding.h"
#include "core/gdb/debugger.h"
#include "core/gdb/field_names.h"
#include "core/gdb/hex.h"

namespace nadir::core::gdb {

namespace {

// A line: encoding, name, value.
constexpr std::size_t longest_line = 6 + 1 + longest_field_name + 2 + 18 + 1;

// As wide as the field is.
unsigned digits_of(uint64_t encoding) {
    switch (arch::FieldEncoding{static_cast<uint32_t>(encoding)}.width()) {
    case arch::FieldWidth::bits16: return 4;
    case arch::FieldWidth::bits32: return 8;
    default: return 16;
    }
}

std::optional<uint64_t> read_field(Vmm& vmm, uint32_t processor, uint64_t encoding) {
    Task look{.errand = Errand::read_field, .linear = encoding};
    run_on(vmm, processor, look);
    return look.done ? std::optional(look.value) : std::nullopt;
}

void put_head(uint64_t encoding, std::string_view name, base::Writer& out) {
    out.hex(encoding, 4).text(name.empty() ? "" : " ").text(name).text(": ");
}

void put_value(uint64_t encoding, std::string_view name, uint64_t value, base::Writer& out) {
    put_head(encoding, name, out);
    out.hex(value, digits_of(encoding)).character('\n');
}

void put_one(Vmm& vmm, uint32_t processor, uint64_t encoding, std::string_view name, base::Writer& out) {
    if (const auto value = read_field(vmm, processor, encoding)) {
        return put_value(encoding, name, *value, out);
    }
    put_head(encoding, name, out);
    out.text("this processor has no such field\n");
}

std::string_view name_of(uint64_t encoding) {
    for (FieldWalk walk; !walk.at_end(); walk.next()) {
        if (walk.field().encoding == encoding) {
            return walk.field().name;
        }
    }
    return {};
}

std::optional<NamedField> field_named(std::string_view name) {
    for (FieldWalk walk; !walk.at_end(); walk.next()) {
        if (is_same(walk.field().name, name)) {
            return walk.field();
        }
    }
    return std::nullopt;
}

// The nearest ones, all as near.
void put_near(std::string_view wanted, base::Writer& out) {
    uint32_t least = ~uint32_t{0};
    for (FieldWalk walk; !walk.at_end(); walk.next()) {
        const uint32_t here = distance(walk.field().name, wanted);
        least = here < least ? here : least;
    }
    out.text("There is no field of that name.");
    // Where most of it is different it is another word.
    std::string_view before = least < (wanted.size() + 1) / 2 ? " Like it: " : "";
    const bool any = !before.empty();
    for (FieldWalk walk; any && !walk.at_end() && out.length() + longest_line < most_words; walk.next()) {
        if (distance(walk.field().name, wanted) == least) {
            out.text(before).text(walk.field().name);
            before = ", ";
        }
    }
    out.text(any ? ".\n" : " All of them: monitor vmcs all\n");
}

// From the field `next` on, as many as fit. Those that the processor doesn't have aren't shown.
Monitored put_list(Vmm& vmm, uint32_t processor, std::string_view wanted, uint32_t& next, base::Writer& out) {
    const bool every = is_same(wanted, "all");
    bool any = next != 0;
    bool is_any_there = any;
    for (FieldWalk walk; !walk.at_end(); walk.next()) {
        const NamedField field = walk.field();
        if (walk.index() < next || (!every && !contains_like(field.name, wanted))) {
            continue;
        }
        any = true;
        if (out.length() + longest_line >= most_words) {
            next = walk.index();
            return Monitored::partly;
        }
        if (const auto value = read_field(vmm, processor, field.encoding)) {
            put_value(field.encoding, field.name, *value, out);
            is_any_there = true;
        }
    }
    if (!any) {
        put_near(wanted, out);
    } else if (!is_any_there) {
        out.text("This processor has none of these fields.\n");
    }
    return Monitored::whole;
}

} // namespace

Monitored put_fields(Vmm& vmm, uint32_t processor, std::string_view wanted, uint32_t& next, base::Writer& out) {
    if (wanted.empty()) {
        out.text(
            "vmcs needs a field's name (guest_rip), a part of names (selector), all, or an encoding in hexadecimal digits "
            "(681e)\n");
        return Monitored::whole;
    }
    Words words(wanted);
    (void)words.skip("0x");
    if (const auto encoding = words.number(); encoding && words.at_end()) {
        put_one(vmm, processor, *encoding, name_of(*encoding), out);
    } else if (const auto field = field_named(wanted)) {
        put_one(vmm, processor, field->encoding, field->name, out);
    } else {
        return put_list(vmm, processor, wanted, next, out);
    }
    return Monitored::whole;
}

} // namespace nadir::core::gdb
