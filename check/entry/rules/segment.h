// SPDX-License-Identifier: MIT OR GPL-2.0-only
// A guest segment by its four fields, so that one rule serves several.
#pragma once

#include "check/entry/rule.h"

namespace nadir::check {

// In the order of the encodings.
enum class Segment : std::uint8_t { es, cs, ss, ds, fs, gs, ldtr, tr };

constexpr std::uint32_t selector_field(Segment segment) {
    return arch::vmcs::guest_es_selector.encoding + 2 * static_cast<std::uint32_t>(segment);
}
constexpr std::uint32_t limit_field(Segment segment) {
    return arch::vmcs::guest_es_limit.encoding + 2 * static_cast<std::uint32_t>(segment);
}
constexpr std::uint32_t rights_field(Segment segment) {
    return arch::vmcs::guest_es_access_rights.encoding + 2 * static_cast<std::uint32_t>(segment);
}
constexpr std::uint32_t base_field(Segment segment) {
    return arch::vmcs::guest_es_base.encoding + 2 * static_cast<std::uint32_t>(segment);
}
static_assert(selector_field(Segment::tr) == arch::vmcs::guest_tr_selector.encoding);
static_assert(limit_field(Segment::tr) == arch::vmcs::guest_tr_limit.encoding);
static_assert(rights_field(Segment::tr) == arch::vmcs::guest_tr_access_rights.encoding);
static_assert(base_field(Segment::tr) == arch::vmcs::guest_tr_base.encoding);

inline arch::Selector selector(const EntryContext& c, Segment segment) {
    return arch::Selector{static_cast<std::uint16_t>(c.raw(selector_field(segment)))};
}
inline std::uint32_t limit(const EntryContext& c, Segment segment) {
    return static_cast<std::uint32_t>(c.raw(limit_field(segment)));
}
inline arch::AccessRights rights(const EntryContext& c, Segment segment) {
    return arch::AccessRights{static_cast<std::uint32_t>(c.raw(rights_field(segment)))};
}
inline std::uint64_t segment_base(const EntryContext& c, Segment segment) { return c.raw(base_field(segment)); }

// Does the rule for segments outside virtual-8086 mode apply? CS and TR can't be unusable.
inline bool judged(const EntryContext& c, Segment segment) {
    if (segment == Segment::tr) {
        return true;
    }
    if (segment == Segment::ldtr) {
        return !rights(c, segment).unusable();
    }
    return !c.virtual_8086() && (segment == Segment::cs || !rights(c, segment).unusable());
}

// -- Rules that are the same for several segments ----------------------------------------------------------------------

template <Segment segment>
Breach not_present(const EntryContext& c) {
    return Breach::when(judged(c, segment) && !rights(c, segment).p());
}

template <Segment segment>
Breach rights_reserved(const EntryContext& c) {
    return Breach::of_bits(judged(c, segment) ? rights(c, segment).value & 0xFFFE'0F00u : 0);
}

// G = 0 where a limit isn't a multiple of 4 KiB less 1, G = 1 where it is beyond 1 MiB.
template <Segment segment>
Breach wrong_granularity(const EntryContext& c) {
    if (!judged(c, segment)) {
        return {};
    }
    const std::uint32_t value = limit(c, segment);
    const bool must_be_0 = (value & 0xFFF) != 0xFFF;
    const bool must_be_1 = (value & 0xFFF0'0000) != 0;
    return Breach::when((must_be_0 && rights(c, segment).g()) || (must_be_1 && !rights(c, segment).g()));
}

template <Segment segment>
Breach wrong_s(const EntryContext& c) {
    const bool wanted = segment != Segment::ldtr && segment != Segment::tr;
    return Breach::when(judged(c, segment) && rights(c, segment).s() != wanted);
}

inline constexpr std::string_view s_words = "a code or data segment has S = 1";
inline constexpr std::string_view present_words = "a segment that is usable is present (P = 1)";
inline constexpr std::string_view reserved_words = "bits 11:8 and 31:17 of the access rights are 0";
inline constexpr std::string_view reserved_hint =
    "LAR and descriptors have limit bits where the VMCS has zeroes: keep F0FFH after shifting right by 8";
inline constexpr std::string_view granularity_words =
    "G is 0 where any of limit bits 11:0 is 0, and 1 where any of limit bits 31:20 is 1";
inline constexpr std::string_view granularity_hint =
    "The limit is in bytes: with G = 1, shift left by 12 and set the lowest 12 bits";

} // namespace nadir::check
