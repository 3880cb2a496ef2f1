// SPDX-License-Identifier: MIT OR GPL-2.0-only
// TR and LDTR. [SDM3 "Checks on Guest Segment Registers"]
#include "check/entry/groups.h"
#include "check/entry/rules/segment.h"

namespace nadir::check {

namespace {

using namespace arch::vmcs;

constexpr std::string_view s_system_words = "a system segment has S = 0";

constexpr EntryRule rules[] = {
    {"guest.tr.ti", "the TSS is in the GDT (TI = 0)", "The TSS is in the GDT: clear bit 2 of the selector",
     fields(guest_tr_selector), [](const EntryContext& c) { return Breach::when(selector(c, Segment::tr).ti()); }},
    {"guest.tr.type", "TR is a busy TSS: type 11, or outside IA-32e mode also 3 (16-bit)",
     "After LTR the descriptor is busy; one that was never loaded has type 9",
     fields(guest_tr_access_rights, entry_controls),
     [](const EntryContext& c) {
         const std::uint8_t type = rights(c, Segment::tr).type();
         return Breach::when(type != arch::segment_type::tss_busy &&
                             !(type == arch::segment_type::tss16_busy && !c.ia32e()));
     }},
    {"guest.tr.s", s_system_words, "A TSS is a system segment: 8BH", fields(guest_tr_access_rights),
     &wrong_s<Segment::tr>},
    {"guest.tr.present", "TR is present (P = 1)", "Write 8BH for a busy 64-bit or 32-bit TSS",
     fields(guest_tr_access_rights), &not_present<Segment::tr>},
    {"guest.tr.reserved", reserved_words, reserved_hint, fields(guest_tr_access_rights), &rights_reserved<Segment::tr>},
    {"guest.tr.granularity", granularity_words, granularity_hint, fields(guest_tr_limit, guest_tr_access_rights),
     &wrong_granularity<Segment::tr>},
    {"guest.tr.usable", "TR is usable", "A guest without a TSS needs one made up: limit 67H, access rights 8BH",
     fields(guest_tr_access_rights),
     [](const EntryContext& c) { return Breach::when(rights(c, Segment::tr).unusable()); }},
    {"guest.tr.base", "the base is canonical",
     "The descriptor of a 64-bit TSS has 16 bytes: bits 63:32 of the base are in its upper half", fields(guest_tr_base),
     [](const EntryContext& c) { return Breach::when(!c.canonical(segment_base(c, Segment::tr))); }},
    {"guest.ldtr.ti", "the LDT's descriptor is in the GDT (TI = 0), where LDTR is usable",
     "The LDT is in the GDT: clear bit 2 of the selector", fields(guest_ldtr_selector, guest_ldtr_access_rights),
     [](const EntryContext& c) { return Breach::when(judged(c, Segment::ldtr) && selector(c, Segment::ldtr).ti()); }},
    {"guest.ldtr.type", "LDTR is an LDT (type 2), where it is usable",
     "A null selector is unusable: set bit 16 of the access rights", fields(guest_ldtr_access_rights),
     [](const EntryContext& c) {
         return Breach::when(judged(c, Segment::ldtr) && rights(c, Segment::ldtr).type() != arch::segment_type::ldt);
     }},
    {"guest.ldtr.s", s_system_words, "An LDT is a system segment: 82H, or unusable, 10000H",
     fields(guest_ldtr_access_rights), &wrong_s<Segment::ldtr>},
    {"guest.ldtr.present", present_words, "A null selector is unusable: set bit 16 of the access rights",
     fields(guest_ldtr_access_rights), &not_present<Segment::ldtr>},
    {"guest.ldtr.reserved", reserved_words, reserved_hint, fields(guest_ldtr_access_rights),
     &rights_reserved<Segment::ldtr>},
    {"guest.ldtr.granularity", granularity_words, granularity_hint, fields(guest_ldtr_limit, guest_ldtr_access_rights),
     &wrong_granularity<Segment::ldtr>},
    {"guest.ldtr.base", "the base is canonical, where LDTR is usable",
     "Sign-extend it; a null LDTR is unusable: set bit 16 of its access rights",
     fields(guest_ldtr_base, guest_ldtr_access_rights),
     [](const EntryContext& c) {
         return Breach::when(judged(c, Segment::ldtr) && !c.canonical(segment_base(c, Segment::ldtr)));
     }},
};

} // namespace

std::span<const EntryRule> guest_system_segment_rules() { return rules; }

} // namespace nadir::check
