// SPDX-License-Identifier: MIT OR GPL-2.0-only
#include "tool/dump/dump.h"

#include "tool/dump/log_lines.h"

#include <fmt/format.h>

namespace nadir::tool {

namespace {

struct FormatWords {
    DumpFormat format;
    std::string_view name;
    std::string_view words;
};

constexpr FormatWords formats[] = {
    {DumpFormat::nadir, "nadir", "a VMCS dump of Nadir"}, {DumpFormat::json, "json", "a VMCS dump of Nadir, as JSON"},
    {DumpFormat::kvm, "kvm", "a VMCS dump of Linux KVM"}, {DumpFormat::xen, "xen", "a VMCS dump of Xen"},
    {DumpFormat::list, "list", "a list of VMCS fields"},
};

constexpr std::uint64_t largest_of(arch::FieldWidth width) {
    switch (width) {
    case arch::FieldWidth::bits16: return 0xFFFF;
    case arch::FieldWidth::bits32: return 0xFFFF'FFFF;
    case arch::FieldWidth::bits64:
    case arch::FieldWidth::natural: return ~0ull;
    }
    return ~0ull;
}

} // namespace

std::string_view name_of(DumpFormat format) {
    for (const FormatWords& one : formats) {
        if (one.format == format) {
            return one.name;
        }
    }
    return {};
}

std::string_view words_of(DumpFormat format) {
    for (const FormatWords& one : formats) {
        if (one.format == format) {
            return one.words;
        }
    }
    return {};
}

std::optional<DumpFormat> dump_format_of(std::string_view name) {
    for (const FormatWords& one : formats) {
        if (one.name == name) {
            return one.format;
        }
    }
    return std::nullopt;
}

void Dump::read_field(unsigned line, std::string_view text, std::uint32_t encoding, std::uint64_t value) {
    const arch::VmcsFieldInfo* info = arch::find_vmcs_field(encoding);
    if (info == nullptr) {
        complain(line, text, fmt::format("no VMCS field has the encoding {:#06x}", encoding));
        return;
    }
    if (value > largest_of(info->width())) {
        complain(line, text, fmt::format("{} is a {} field", info->name, name_of(info->width())));
        return;
    }
    std::uint64_t before = 0;
    if (vmcs.get(info->encoding.value, before)) {
        if (before != value) {
            complain(line, text,
                     fmt::format("{} was {:#x} on an earlier line; the first value counts", info->name, before));
        }
        return;
    }
    vmcs.set(info->encoding.value, value);
    ++fields;
}

void Dump::derive(std::uint32_t encoding, std::uint64_t value, std::string because) {
    std::uint64_t before = 0;
    if (!vmcs.get(encoding, before)) {
        vmcs.set(encoding, value);
        derived.push_back({encoding, std::move(because)});
    }
}

void Dump::complain(unsigned line, std::string_view text, std::string expected) {
    constexpr std::size_t most = 1000; // of a file that isn't a dump at all
    if (problems.size() < most) {
        problems.push_back({line, printable(text), std::move(expected)});
    }
}

} // namespace nadir::tool
