// SPDX-License-Identifier: MIT OR GPL-2.0-only
// DS, ES, FS and GS outside virtual-8086 mode, and their bases. [SDM3 "Checks on Guest Segment Registers"]
#include "check/entry/groups.h"
#include "check/entry/rules/segment.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

template <Segment segment>
Breach not_accessed(const EntryContext& c) {
    return Breach::when(judged(c, segment) && (rights(c, segment).type() & arch::segment_type::accessed) == 0);
}

template <Segment segment>
Breach not_readable(const EntryContext& c) {
    const std::uint8_t type = rights(c, segment).type();
    return Breach::when(judged(c, segment) && (type & arch::segment_type::code) != 0 &&
                        (type & arch::segment_type::readable) == 0);
}

// Conforming code (types 12 to 15) may be loaded at any privilege level.
template <Segment segment>
Breach dpl_below_rpl(const EntryContext& c) {
    return Breach::when(judged(c, segment) && !c.unrestricted() && rights(c, segment).type() <= 11 &&
                        rights(c, segment).dpl() < selector(c, segment).rpl());
}

template <Segment segment>
Breach base_beyond_4g(const EntryContext& c) {
    return Breach::of_bits(judged(c, segment) ? segment_base(c, segment) & ~base::low_mask(32) : 0);
}

// Checked whether the segment is usable or not.
template <Segment segment>
Breach base_not_canonical(const EntryContext& c) {
    return Breach::when(!c.virtual_8086() && !c.canonical(segment_base(c, segment)));
}

constexpr std::string_view null_hint = "A null selector makes the register unusable: set bit 16 of its access rights";

#define NADIR_DATA_SEGMENT(name)                                                                                       \
    {"guest." #name ".accessed", "a data segment is accessed (type bit 0)",                                            \
     "Set the accessed bit: a descriptor that was never loaded may lack it", fields(guest_##name##_access_rights),     \
     &not_accessed<Segment::name>},                                                                                    \
        {"guest." #name ".readable", "a code segment in a data segment register is readable (type bit 1)",             \
         "Load a data segment, or make the register unusable (bit 16)", fields(guest_##name##_access_rights),          \
         &not_readable<Segment::name>},                                                                                \
        {"guest." #name ".s", s_words, null_hint, fields(guest_##name##_access_rights), &wrong_s<Segment::name>},      \
        {"guest." #name ".dpl",                                                                                        \
         "the DPL is not below the RPL, unless the guest is unrestricted or the type is 12 to 15",                     \
         "User code's segments have a DPL of 3: take the access rights of the descriptor that the selector names",     \
         fields(guest_##name##_access_rights, guest_##name##_selector, secondary_controls),                            \
         &dpl_below_rpl<Segment::name>},                                                                               \
        {"guest." #name ".present", present_words, null_hint, fields(guest_##name##_access_rights),                    \
         &not_present<Segment::name>},                                                                                 \
        {"guest." #name ".reserved", reserved_words, reserved_hint, fields(guest_##name##_access_rights),              \
         &rights_reserved<Segment::name>},                                                                             \
    {                                                                                                                  \
        "guest." #name ".granularity", granularity_words, granularity_hint,                                            \
            fields(guest_##name##_limit, guest_##name##_access_rights), &wrong_granularity<Segment::name>              \
    }

constexpr EntryRule rules[] = {
    NADIR_DATA_SEGMENT(es),
    NADIR_DATA_SEGMENT(ds),
    NADIR_DATA_SEGMENT(fs),
    NADIR_DATA_SEGMENT(gs),
    {"guest.es.base", "bits 63:32 of the base are 0",
     "Bits 63:32 of the base of a data segment are 0: only FS and GS have 64-bit bases", fields(guest_es_base),
     &base_beyond_4g<Segment::es>},
    {"guest.ds.base", "bits 63:32 of the base are 0",
     "Bits 63:32 of the base of a data segment are 0: only FS and GS have 64-bit bases", fields(guest_ds_base),
     &base_beyond_4g<Segment::ds>},
    {"guest.fs.base", "the base is canonical",
     "Sign-extend from bit 47 (56 with 5-level paging): read it by RDMSR of IA32_FS_BASE", fields(guest_fs_base),
     &base_not_canonical<Segment::fs>},
    {"guest.gs.base", "the base is canonical",
     "Sign-extend from bit 47 (56 with 5-level paging): read it by RDMSR of IA32_GS_BASE", fields(guest_gs_base),
     &base_not_canonical<Segment::gs>},
};

#undef NADIR_DATA_SEGMENT

} // namespace

std::span<const EntryRule> guest_data_segment_rules() { return rules; }

} // namespace nadir::check
