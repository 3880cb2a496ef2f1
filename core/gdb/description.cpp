// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "core/gdb/description.h"

#include <string_view>

#include "core/gdb/registers.h"

namespace nadir::core::gdb {

namespace {

// The whole is made anew for each piece, and only the piece is kept: no memory is needed for it.
class Excerpt {
public:
    Excerpt(base::Writer& out, uint64_t offset, uint64_t length) : out_(out), first_(offset), length_(length) {}

    Excerpt& text(std::string_view words) {
        for (const char c : words) {
            if (at_ >= first_ && at_ - first_ < length_) {
                out_.character(c);
            }
            ++at_;
        }
        return *this;
    }

    Excerpt& decimal(uint64_t number) {
        char digits[21];
        return text(base::Writer(digits).decimal(number).view());
    }

    [[nodiscard]] uint64_t length() const { return at_; }

private:
    base::Writer& out_;
    uint64_t first_;
    uint64_t length_;
    uint64_t at_ = 0;
};

void put_fields(Excerpt& out, const RegisterRow& row) {
    out.text("<flags id=\"").text(row.name).text("_bits\" size=\"").decimal(bytes_of(row)).text("\">\n");
    for (const FieldRow& field : row.fields) {
        out.text("<field name=\"").text(field.name).text("\" start=\"").decimal(field.low);
        out.text("\" end=\"").decimal(field.high).text("\"/>\n");
    }
    out.text("</flags>\n");
}

void put_register(Excerpt& out, const RegisterRow& row) {
    out.text("<reg name=\"").text(row.name).text("\" bitsize=\"").decimal(row.bits).text("\" type=\"");
    if (row.fields.empty()) {
        out.text(row.type);
    } else {
        out.text(row.name).text("_bits");
    }
    out.text("\"/>\n");
}

void put_feature(Excerpt& out, std::string_view name, std::span<const RegisterRow> rows) {
    out.text("<feature name=\"").text(name).text("\">\n");
    for (const RegisterRow& row : rows) {
        if (!row.fields.empty()) {
            put_fields(out, row);
        }
    }
    for (const RegisterRow& row : rows) {
        put_register(out, row);
    }
    out.text("</feature>\n");
}

} // namespace

uint64_t put_description(base::Writer& out, uint64_t offset, uint64_t length) {
    Excerpt excerpt(out, offset, length);
    excerpt.text("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target version=\"1.0\">\n"
                 "<architecture>i386:x86-64</architecture>\n");
    put_feature(excerpt, "org.gnu.gdb.i386.core", registers.first(core_registers));
    put_feature(excerpt, "org.gnu.gdb.i386.segments",
                registers.subspan(core_registers, general_registers - core_registers));
    put_feature(excerpt, "org.nadir.system", registers.subspan(general_registers));
    excerpt.text("</target>\n");
    return excerpt.length();
}

} // namespace nadir::core::gdb
