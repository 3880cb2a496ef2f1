// SPDX-License-Identifier: MIT OR GPL-2.0-only
// What the labels of KVM's and Xen's console dumps stand for. Both have their format from one ancestor, so there is one
// table; it has the labels of Linux 4.3 to 6.18 and of Xen 3.3 to 4.20.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nadir::tool {

enum class DumpSection : std::uint8_t { none, guest, host, control };

std::string_view name_of(DumpSection section);

// "*** Guest State ***"
std::optional<DumpSection> section_heading(std::string_view text);

// What stands for a value that is printed, but isn't the field.
inline constexpr std::uint32_t not_a_field = 0xFFFF'FFFF;

// The field that "head: key=" stands for in that section (head: "CS" in "CS: sel=0x8", else empty); not_a_field for
// values that are none; nothing where the label isn't known.
std::optional<std::uint32_t> labelled_field(DumpSection section, std::string_view head, std::string_view key);

// Does "head:" begin a line whose keys belong to it?
bool is_head(std::string_view head);

// The selector field of the guest's register of that name, "CS" to "TR"; the limit field for "GDTR" and "IDTR".
std::optional<std::uint32_t> segment_selector(std::string_view name);
std::optional<std::uint32_t> table_limit(std::string_view name);

// The fields of a segment register, by its selector field. [SDM3 "Field Encoding in VMCS"]
constexpr std::uint32_t limit_of_segment(std::uint32_t selector) { return selector - 0x0800 + 0x4800; }
constexpr std::uint32_t access_rights_of_segment(std::uint32_t selector) { return selector - 0x0800 + 0x4814; }
constexpr std::uint32_t base_of_segment(std::uint32_t selector) { return selector - 0x0800 + 0x6806; }
// The base of GDTR or IDTR, by its limit field.
constexpr std::uint32_t base_of_table(std::uint32_t limit) { return limit - 0x4810 + 0x6816; }

} // namespace nadir::tool
